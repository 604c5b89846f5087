"""A demo model as a process of its own, and the real client to talk to it."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from openai import AsyncOpenAI

from model.answer import response_format
from model.prompts import Assignment, draft_messages

ROOT = Path(__file__).parents[3]
SERVE = """
import sys
from pathlib import Path
from demo_model.server import serve
ledger, latency, faults = sys.argv[1:]
serve(ledger_path=Path(ledger), latency=latency, faults=faults, announce=lambda url: print(url, flush=True))
"""


@dataclass
class Server:
    """A running demo model."""

    process: subprocess.Popen[str]
    url: str
    ledger: Path

    def admin(self, method: str, **options: Any) -> httpx2.Response:
        """A request to the admin endpoint."""
        return httpx2.request(method, self.url.removesuffix("/v1") + "/admin/faults", **options)

    def outcome(self, request_id: str) -> str | None:
        """What the ledger says of a request, if it has it."""
        lines = [line for line in self.ledger.read_text().splitlines() if f'"{request_id}"' in line]
        assert len(lines) <= 1
        return lines[0].split('"outcome":"')[1].split('"')[0] if lines else None

    async def wait_until(self, what: Callable[[], bool]) -> None:
        """Return once `what` is seen from outside the process, which has no event to wait for; fail after 10 s."""

        def look() -> None:
            deadline = time.monotonic() + 10
            while not what():
                assert time.monotonic() < deadline
                time.sleep(0.02)

        await asyncio.to_thread(look)

    def stop(self) -> None:
        """Kill it, if it still runs."""
        self.process.kill()
        self.process.wait()


Start = Callable[..., Server]


@pytest.fixture(scope="session")
def start() -> Iterator[Start]:
    """Starts demo models; those that still run at the end are killed."""
    running: list[Server] = []

    def make(ledger: Path, *, latency: str = "0", faults: str = "") -> Server:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(ledger), latency, faults], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        server = Server(process, process.stdout.readline().strip(), ledger)
        running.append(server)
        assert server.url.startswith("http://127.0.0.1:")
        return server

    yield make
    for server in running:
        server.stop()


@pytest.fixture(scope="session")
def server(start: Start, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """One demo model for the tests that leave no trace in it."""
    return start(tmp_path_factory.mktemp("demo-model") / "ledger.jsonl")


@pytest.fixture
async def client(server: Server) -> AsyncIterator[AsyncOpenAI]:
    """The real client, set up as the service does it: no retries of its own."""
    server.admin("DELETE")
    async with AsyncOpenAI(base_url=server.url, api_key="none", max_retries=0, timeout=10) as made:
        yield made


@pytest.fixture(scope="session")
def text() -> str:
    """A text to ask about."""
    return (ROOT / "samples" / "cell-biology.md").read_text(encoding="utf-8")[:6000]


@pytest.fixture(scope="session")
def request_for(text: str) -> Callable[..., dict[str, Any]]:
    """The arguments of a completion, as the service would send them."""

    def make(request_id: str = "", part: int = 1) -> dict[str, Any]:
        return {
            "model": "demo-model",
            "messages": draft_messages(Assignment(text, part, 8, "medium", "remember")),
            "response_format": response_format(),
            "extra_headers": {"X-Client-Request-Id": request_id} if request_id else {},
        }

    return make
