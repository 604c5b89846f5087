"""A reader of server-sent events, as a browser is one."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

# Seconds after which a reader gives up: a stream that only keeps itself alive would hold it for ever.
PATIENCE = 180.0


@dataclass(frozen=True)
class Event:
    """One event."""

    id: str
    name: str
    data: Any


@contextmanager
def reading(client: httpx2.Client, quiz_id: str, *, after: str | None = None) -> Iterator[Iterator[Event]]:
    """The events of a quiz as they come, after one; AssertionError when they come for longer than anybody waits."""
    headers = {"Last-Event-ID": after} if after is not None else {}
    with client.stream("GET", f"/quiz/{quiz_id}/events", headers=headers, timeout=60) as response:
        assert response.status_code == 200, response.read()
        assert response.headers["Content-Type"].startswith("text/event-stream")
        yield _events(response.iter_lines())


def until(events: Iterator[Event], reached: Callable[[Event], bool]) -> list[Event]:
    """The events up to the first that is `reached`, with it."""
    seen = []
    for event in events:
        seen.append(event)
        if reached(event):
            return seen
    raise AssertionError(f"the stream ended after {len(seen)} events")


def is_end(event: Event) -> bool:
    """Whether it tells that a generation ended."""
    return event.name == "progress" and event.data["status"] in ("completed", "failed", "cancelled")


def slots(events: list[Event]) -> list[int]:
    """The slots of the questions among them, in their order."""
    return [event.data["slot"] for event in events if event.name == "question"]


def _events(lines: Iterator[str]) -> Iterator[Event]:
    fields: dict[str, str] = {}
    over = time.monotonic() + PATIENCE
    for line in lines:
        assert time.monotonic() < over, f"{PATIENCE:.0f} s of a stream without what was waited for"
        if line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = value
        elif not line and fields:
            yield Event(fields["id"], fields.get("event", "message"), json.loads(fields["data"]))
            fields = {}
