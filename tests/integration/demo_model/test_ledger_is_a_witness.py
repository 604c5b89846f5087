import asyncio
import json
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI

RequestFor = Callable[..., dict[str, Any]]


def client_of(server: Any, **options: Any) -> AsyncOpenAI:
    """The real client for a server."""
    return AsyncOpenAI(base_url=server.url, api_key="none", max_retries=0, **{"timeout": 10, **options})


async def test_an_answer_that_was_seen_is_in_the_ledger_of_a_killed_server(
    start: Any, request_for: RequestFor, tmp_path: Path
) -> None:
    """SIGKILL right after the answer loses no line, and the line tells the call."""
    server = start(tmp_path / "new" / "ledger.jsonl")
    async with client_of(server, project="worker-1") as client:
        completion = await client.chat.completions.create(**request_for("wf/0/draft/1/1"))
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    entry = json.loads(server.ledger.read_text())
    began, ended = entry.pop("began"), entry.pop("time")
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", time) for time in (began, ended))
    assert began <= ended
    assert completion.usage is not None
    assert entry == {
        "request_id": "wf/0/draft/1/1",
        "outcome": "answered",
        "prompt_tokens": completion.usage.prompt_tokens,
        "completion_tokens": completion.usage.completion_tokens,
        "project": "worker-1",
    }


async def test_calls_at_once_have_a_line_each(client: AsyncOpenAI, server: Any, request_for: RequestFor) -> None:
    """Fifty calls together are fifty whole lines."""
    calls = [client.chat.completions.create(**request_for(f"crowd/{number}")) for number in range(50)]
    await asyncio.gather(*calls)
    entries = [json.loads(line) for line in server.ledger.read_text().splitlines()]
    ids = [entry["request_id"] for entry in entries if entry["request_id"].startswith("crowd/")]
    assert sorted(ids) == sorted(f"crowd/{number}" for number in range(50))


async def test_rejected_and_refused_calls_are_in_it_too(client: AsyncOpenAI, server: Any) -> None:
    """Every call has its line, also one that got no question."""
    with pytest.raises(openai.BadRequestError):
        await client.chat.completions.create(
            model="demo-model", messages=[], extra_headers={"X-Client-Request-Id": "line/rejected"}
        )
    assert server.outcome("line/rejected") == "rejected"


async def test_a_client_that_leaves_early_is_in_it(start: Any, request_for: RequestFor, tmp_path: Path) -> None:
    """A call whose client hangs up while the model thinks is recorded as such, once."""
    server = start(tmp_path / "ledger.jsonl", latency="30")
    async with client_of(server, timeout=0.3) as client:
        with pytest.raises(openai.APITimeoutError):
            await client.chat.completions.create(**request_for("gone"))
    await server.wait_until(lambda: server.outcome("gone") is not None)
    assert server.outcome("gone") == "client_gone"


async def test_a_line_that_a_killed_server_left_torn_spoils_no_other(
    start: Any, request_for: RequestFor, tmp_path: Path
) -> None:
    """The next entry begins on a line of its own."""
    ledger = tmp_path / "ledger.jsonl"
    ledger.write_text('{"request_id":"old","outcome":"answered"}\n{"request_id":"to')
    server = start(ledger)
    async with client_of(server) as client:
        await client.chat.completions.create(**request_for("after"))
    lines = ledger.read_text().splitlines()
    assert lines[1] == '{"request_id":"to'
    assert json.loads(lines[2])["request_id"] == "after"
