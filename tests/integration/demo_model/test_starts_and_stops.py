import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI

ROOT = Path(__file__).parents[3]
RequestFor = Callable[..., dict[str, Any]]


def test_nothing_heavy_is_imported() -> None:
    """The server starts fast because it loads no workflow engine, graph, database or HTTP client."""
    script = "import json, sys, demo_model.server; print(json.dumps(sorted(sys.modules)))"
    listed = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    roots = {name.partition(".")[0] for name in json.loads(listed.stdout)}
    assert not roots & {"temporalio", "langgraph", "langchain_core", "sqlmodel", "sqlalchemy", "psycopg", "openai"}


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_lets_the_answer_under_way_finish(
    start: Any, request_for: RequestFor, tmp_path: Path, how: signal.Signals
) -> None:
    """On SIGTERM and SIGINT the server answers what it has begun, then ends with exit code 0."""
    server = start(tmp_path / "ledger.jsonl", latency="1")
    # A fault that shows in the text only: its count of hits tells that the request has arrived.
    server.admin("POST", json={"rules": [{"kind": "nul"}]})
    async with AsyncOpenAI(base_url=server.url, api_key="none", max_retries=0, timeout=10) as client:
        call = asyncio.create_task(client.chat.completions.create(**request_for("under-way")))
        await server.wait_until(lambda: server.admin("GET").json()["rules"][0]["hits"] == 1)
        server.process.send_signal(how)
        assert (await call).choices[0].message.content
    assert await asyncio.to_thread(server.process.wait, 10) == 0
    assert server.outcome("under-way") == "nul"


async def test_a_stalled_call_does_not_hold_up_the_end(start: Any, request_for: RequestFor, tmp_path: Path) -> None:
    """SIGTERM ends the server within seconds although a call is stalled."""
    server = start(tmp_path / "ledger.jsonl", faults="stall=1")
    async with AsyncOpenAI(base_url=server.url, api_key="none", max_retries=0, timeout=30) as client:
        call = asyncio.create_task(client.chat.completions.create(**request_for("stalled")))
        await server.wait_until(lambda: server.outcome("stalled") is not None)
        server.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(server.process.wait, 10) == 0
        with pytest.raises(openai.APIError):
            await call


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"latency": "fast"}, "demo_model_latency: 'fast' is not seconds"),
        ({"faults": "earthquake=0.5"}, "unknown fault 'earthquake'"),
        ({"faults": "drop=0.6,cut=0.6"}, "add up to more than 1"),
    ],
)
def test_settings_that_cannot_be_understood_are_one_clear_error(
    tmp_path: Path, settings: dict[str, str], message: str
) -> None:
    """The server does not start, and says which setting is wrong."""
    script = (
        "import sys; from pathlib import Path; from demo_model.server import serve;"
        f"serve(ledger_path=Path(sys.argv[1]), **{settings!r})"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "ledger.jsonl")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode != 0
    assert message in ended.stderr.splitlines()[-1]
    assert not (tmp_path / "ledger.jsonl").exists()
