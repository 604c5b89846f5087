"""An upgrade loses nothing: what a worker of an earlier revision began, today's worker ends.

Database and starts are today's, as in a deploy: the migration goes first and old workers run on with it.
"""

import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory

from tests.e2e.witness import answered_twice, calls_after_completion, completed_steps
from tests.support.waiting import until
from tests.support.worker import run_worker
from tests.support.world import World
from tests.upgrade import revisions
from tests.workflow.history import histories_of

# More than fit into one run: today's worker hands over. The earlier one must not come so far, it may not know that.
QUESTIONS, WINDOW, LONGEST_RUN = 28, 4, 100


@pytest.fixture(scope="module", params=revisions.names())
def tree(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree of an earlier revision; skips the test where the clone does not have it."""
    folder = tmp_path_factory.mktemp("earlier")
    try:
        revisions.unpack(request.param, folder)
    except revisions.NotHere as reason:
        pytest.skip(str(reason))
    return folder


@pytest.fixture
def old_worker(slow_world: World, tree: Path, tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts a worker of that tree; ends it if the test did not."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        process = run_worker(slow_world.settings, tmp_path, tree=tree, WORKER_DRAIN_TIMEOUT="20")
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_the_earlier_worker_is_the_earlier_code(tree: Path) -> None:
    """Every module of ours comes from the tree; otherwise the tests below would prove nothing."""
    assert revisions.imported_by(tree) == {tree}


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "drained"])
async def test_a_generation_of_an_earlier_worker_is_finished_by_todays(
    slow_world: World, old_worker: Callable[[], subprocess.Popen[str]], end: signal.Signals
) -> None:
    """Ended in the middle, handed over after: N questions, slots once each, no completed call again, no task failed.

    A call that was in flight at a kill may be made twice: nobody can know whether it was answered.
    """
    world = slow_world
    workflow_id = await world.start(QUESTIONS, workflow_window=WINDOW, workflow_longest_run=LONGEST_RUN)
    worker = old_worker()
    await until(lambda: world.service.questions(workflow_id), lambda made: len(made) >= 2, 60)
    worker.send_signal(end)
    _, err = worker.communicate(timeout=60)
    assert worker.returncode == (-end if end is signal.SIGKILL else 0), err
    history = await world.history(workflow_id)
    steps = len(completed_steps(history))
    assert 2 <= steps < QUESTIONS, "too late or too early: the upgrade would prove nothing"
    assert len(history.events) < LONGEST_RUN

    async with world.worker():
        await until(lambda: world.service.questions(workflow_id), lambda made: len(made) == QUESTIONS, 120)
        await world.assert_complete(workflow_id, QUESTIONS)
        await world.until_closed(workflow_id)

    first, *later = histories = list((await histories_of(world.temporal, workflow_id)).values())
    assert later, "today's worker did not hand over"
    assert any(f"{worker.pid}@" in identity for identity in _workers_of(first)), "the old worker did nothing"
    ledger = world.demo.calls(workflow_id)
    assert [call for history in histories for call in calls_after_completion(history, ledger)] == []
    assert len(answered_twice(ledger)) <= (WINDOW if end is signal.SIGKILL else 0)
    failed = EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
    assert [event for history in histories for event in history.events if event.event_type == failed] == []


def _workers_of(history: WorkflowHistory) -> set[str]:
    """Who ran the workflow's tasks: process id and host of each."""
    return {
        event.workflow_task_completed_event_attributes.identity
        for event in history.events
        if event.HasField("workflow_task_completed_event_attributes")
    }
