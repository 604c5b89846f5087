"""Stored histories stay as they were recorded, and tell nothing of the machine."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.replay.replaying import NAMES, stored_events
from tests.replay.scrub import NOBODY, scrubbed

FINGERPRINTS = json.loads((Path(__file__).parent / "fingerprints.json").read_text())


def test_every_history_has_a_fingerprint() -> None:
    """A new history comes with its fingerprint, a removed one takes it along."""
    assert sorted(FINGERPRINTS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_commands_of_a_history_are_the_recorded_ones(name: str) -> None:
    """A history that was recorded anew to please a changed workflow shows here."""
    assert fingerprint(stored_events(name)) == FINGERPRINTS.get(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_history_names_no_machine_and_no_path(name: str) -> None:
    """Identities are the recorder's, stack traces are left out."""
    events = stored_events(name)
    assert scrubbed(events) == events
    text = json.dumps(events)
    assert f'"identity": "{NOBODY}"' in text
    assert ".py" not in text


def fingerprint(events: list[dict[str, Any]]) -> str:
    """A digest of what the workflow commanded, in order: activities and their types, timers, the end."""
    digest = hashlib.sha256()
    for event in events:
        if command := _command(event):
            digest.update(f"{command}\n".encode())
    return digest.hexdigest()


def _command(event: dict[str, Any]) -> str | None:
    kind = event["eventType"].removeprefix("EVENT_TYPE_")
    if kind == "ACTIVITY_TASK_SCHEDULED":
        return f"activity {event['activityTaskScheduledEventAttributes']['activityType']['name']}"
    if kind == "TIMER_STARTED":
        return f"timer {event['timerStartedEventAttributes']['startToFireTimeout']}"
    ends = ("COMPLETED", "FAILED", "CANCELED", "CONTINUED_AS_NEW")
    commands = [f"WORKFLOW_EXECUTION_{end}" for end in ends]
    commands += [
        "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES",
        "ACTIVITY_TASK_CANCEL_REQUESTED",
        "TIMER_CANCELED",
        "MARKER_RECORDED",
    ]
    return kind if kind in commands else None
