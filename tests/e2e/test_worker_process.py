"""The worker as a process: it drains when asked to stop, and says so when it dies."""

import signal
import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.content import ROOT
from tests.support.demo import DemoModel
from tests.support.waiting import until
from tests.support.worker import run_worker
from tests.support.world import World

StartWorker = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start_worker(world: World, tmp_path: Path) -> StartWorker:
    """Starts `mcq worker` on this test's world."""

    def start(**changes: str) -> subprocess.Popen[str]:
        return run_worker(world.settings, tmp_path, subprocess.PIPE, ROOT, **{"WORKER_DRAIN_TIMEOUT": "20", **changes})

    return start


async def test_sigterm_lets_calls_in_flight_end(world: World, start_worker: StartWorker, tmp_path: Path) -> None:
    """Asked to stop in the middle, the worker ends its calls, takes nothing new and exits 0; no call is made again."""
    with DemoModel(tmp_path / "slow", latency="1") as slow:
        workflow_id = await world.start(12, workflow_window=4)
        worker = start_worker(OPENAI_BASE_URL=slow.url)
        await until(lambda: world.service.questions(workflow_id), lambda made: len(made) >= 1, 60)
        worker.send_signal(signal.SIGTERM)
        _, err = worker.communicate(timeout=60)
        assert worker.returncode == 0, err
        ended = slow.calls(workflow_id)
        assert len(ended) < 12
        assert {call["outcome"] for call in ended} == {"answered"}
    async with world.worker():
        await world.until_completed(workflow_id, 12)
    answered = [call["request_id"].rsplit("/", 1)[0] for call in (*ended, *world.demo.calls(workflow_id))]
    assert len(answered) == len(set(answered))


def test_a_worker_without_its_server_exits_non_zero(start_worker: StartWorker) -> None:
    """No Temporal at the address: one line that names it, exit code 3."""
    worker = start_worker(TEMPORAL_ADDRESS="127.0.0.1:9")
    _, err = worker.communicate(timeout=60)
    assert worker.returncode == 3
    assert "127.0.0.1:9" in err and "Traceback" not in err


def test_a_worker_that_cannot_poll_exits_non_zero(start_worker: StartWorker) -> None:
    """A namespace that is not there ends the worker at once: a process that lives but does nothing helps nobody."""
    worker = start_worker(TEMPORAL_NAMESPACE=f"no-{uuid.uuid4().hex[:6]}")
    _, err = worker.communicate(timeout=60)
    assert worker.returncode not in (0, None), err
