"""What a killed worker had in flight is handed back by a worker beside it, without a heartbeat time-out."""

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.client import WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from activities import hand_back
from activities.hand_back import PAUSE, WORKER_DIED, HandBack, among_workers
from activities.presence import dead_workers, folder_of_this_machine
from domain.statuses import Status
from settings import Settings
from temporal_client import connect
from tests.support.proxy import Proxy, Way
from tests.support.waiting import until
from tests.support.worker import run_worker
from tests.support.world import NODES, World
from worker import WORKERS_FOLDER

QUESTIONS = 4
Worker = subprocess.Popen[str]
Beside = AbstractAsyncContextManager[str | None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the workers of these tests see each other."""
    return folder_of_this_machine(tmp_path / WORKERS_FOLDER)


@pytest.fixture
def worker(world: World, tmp_path: Path) -> Iterator[Worker]:
    """A `mcq worker` that is killed."""
    process = run_worker(world.settings, tmp_path, stderr=subprocess.DEVNULL)
    yield process
    process.kill()
    process.wait()


async def _calls(world: World, workflow_id: str) -> list[PendingActivityInfo]:
    """The model-calling steps that Temporal waits for."""
    description = (await world.handle(workflow_id).describe()).raw_description
    return [activity for activity in description.pending_activities if activity.activity_type.name in NODES]


async def _under_way(world: World, workflow_id: str, attempt: int = 1) -> list[PendingActivityInfo]:
    """The same, once a worker has all of them."""
    started = PendingActivityState.PENDING_ACTIVITY_STATE_STARTED
    return await until(
        lambda: _calls(world, workflow_id),
        lambda calls: [(call.state, call.attempt) for call in calls] == [(started, attempt)] * QUESTIONS,
    )


async def _handed_back(world: World, workflow_id: str) -> list[PendingActivityInfo]:
    """The same, once each has failed by a death."""

    def all_died(calls: list[PendingActivityInfo]) -> bool:
        # One that found the generation paused before it asked has ended by itself.
        return {call.last_failure.application_failure_info.type for call in calls} == {WORKER_DIED}

    return await until(lambda: _calls(world, workflow_id), all_died, 15)


async def _killed_after_failures(
    failures: int, world: World, worker: Worker, beside: Beside
) -> list[PendingActivityInfo]:
    """The same, each after so many failures of the provider before the worker's death."""
    world.demo.fault("server_error", times=failures * QUESTIONS)
    world.demo.fault("stall")
    workflow_id = await world.start(QUESTIONS, workflow_window=QUESTIONS)
    await _under_way(world, workflow_id, attempt=failures + 1)
    worker.kill()
    async with beside:
        return await _handed_back(world, workflow_id)


async def _running(world: World) -> int:
    """Generations that Temporal lists as a look asks for them."""
    query = f"TaskQueue = '{world.settings.task_queue}' AND ExecutionStatus = 'Running'"
    return (await world.temporal.count_workflows(query)).count


async def _names(folder: Path) -> set[str]:
    """Of the workers, living and dead."""
    return await asyncio.to_thread(lambda: {path.name for path in folder.iterdir()})


@pytest.fixture
def beside(world: World, tmp_path: Path) -> Beside:
    """What a worker beside the killed one does, without the work."""
    return among_workers(world.temporal, world.settings.task_queue, tmp_path / WORKERS_FOLDER)


@pytest.fixture
def stranger(folder: Path) -> str:
    """A dead worker that had nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "1@elsewhere-0").touch()
    return "1@elsewhere-0"


async def test_calls_of_a_killed_worker_are_tried_again(
    world: World, folder: Path, worker: Worker, beside: Beside
) -> None:
    """The next try's reason is the death, told by who saw it; each question is written once."""
    world.demo.fault("stall")
    workflow_id = await world.start(QUESTIONS, workflow_window=QUESTIONS)
    (identity,) = {call.last_worker_identity for call in await _under_way(world, workflow_id)}
    assert await _names(folder) == {identity}

    worker.kill()
    async with beside:
        after = await _handed_back(world, workflow_id)
        await until(lambda: _names(folder), lambda names: identity not in names)
    assert [call.attempt for call in after] == [2] * QUESTIONS

    world.demo.clear_faults()
    async with world.worker():
        await world.assert_complete(workflow_id, QUESTIONS)


async def test_the_pause_after_a_death_does_not_grow(world: World, worker: Worker, beside: Beside) -> None:
    """After two failures of the provider the pause would be 4 s; a death is not the provider's."""
    after = await _killed_after_failures(2, world, worker, beside)
    assert {round(call.current_retry_interval.ToTimedelta() / PAUSE, 3) for call in after} == {1}


async def test_since_when_the_provider_is_away_is_not_forgotten(world: World, worker: Worker, beside: Beside) -> None:
    """A try that is handed back leaves the next one what it knew, or patience with an outage would begin anew."""
    after = await _killed_after_failures(1, world, worker, beside)
    assert all(call.HasField("heartbeat_details") for call in after)


async def test_calls_of_a_paused_generation_are_handed_back(world: World, worker: Worker, beside: Beside) -> None:
    """A resume must not find them waiting for a heartbeat."""
    world.demo.fault("stall")
    workflow_id = await world.start(QUESTIONS, workflow_window=QUESTIONS)
    await _under_way(world, workflow_id)
    await world.service.pause(workflow_id)
    await world.until_status(workflow_id, Status.PAUSED)
    worker.kill()
    async with beside:
        await _handed_back(world, workflow_id)


async def test_calls_of_a_living_worker_are_left_alone(
    world: World, folder: Path, worker: Worker, beside: Beside, stranger: str
) -> None:
    """A death beside it takes nothing from it."""
    world.demo.fault("stall")
    workflow_id = await world.start(QUESTIONS, workflow_window=QUESTIONS)
    await _under_way(world, workflow_id)
    async with beside:
        await until(lambda: _names(folder), lambda names: stranger not in names)
    assert [call.attempt for call in await _calls(world, workflow_id)] == [1] * QUESTIONS
    assert worker.poll() is None


async def test_who_was_held_up_ends_nothing(
    world: World, folder: Path, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was seen a second ago may be another try by now. The dead one is not forgotten: the next look sees to it."""
    world.demo.fault("stall")
    workflow_id = await world.start(QUESTIONS, workflow_window=QUESTIONS)
    (identity,) = {call.last_worker_identity for call in await _under_way(world, workflow_id)}
    worker.kill()
    worker.wait()
    monkeypatch.setattr(hand_back, "LOOKED_AFTER", 0)
    monkeypatch.setattr(hand_back, "WITHIN", 0)
    look = HandBack(world.temporal, world.settings.task_queue, folder).look
    await look()
    assert [call.attempt for call in await _calls(world, workflow_id)] == [1] * QUESTIONS
    assert await _names(folder) == {identity}
    monkeypatch.undo()
    await look()
    await _handed_back(world, workflow_id)


async def test_while_temporal_is_away_nobody_is_forgotten(folder: Path, stranger: str) -> None:
    """The look fails, and the next one finds the same deaths."""
    nobody = await connect(Settings(_env_file=None, temporal_address="127.0.0.1:9"), lazy=True)
    with pytest.raises((RPCError, RuntimeError, TimeoutError)):
        await HandBack(nobody, "mcq", folder).look()
    assert await _names(folder) == {stranger}


@pytest.mark.parametrize("way", [Way.SILENT, Way.REFUSING, Way.ONE_WAY])
async def test_who_is_cut_off_from_temporal_lets_the_dead_go(
    world: World, folder: Path, stranger: str, monkeypatch: pytest.MonkeyPatch, way: Way
) -> None:
    """Before the SDK gives up, so that a worker that is not cut off sees to them."""
    assert world.settings.temporal_address is not None
    monkeypatch.setattr(hand_back, "ANSWER_WITHIN", 0.1)
    with Proxy(world.settings.temporal_address) as proxy:
        cut_off = await connect(Settings(_env_file=None, temporal_address=proxy.address))
        proxy.turn(way)
        with pytest.raises(TimeoutError):
            await HandBack(cut_off, world.settings.task_queue, folder).look()
    with dead_workers(folder) as dead:
        assert dead == {stranger}


@pytest.mark.parametrize("error", [None, RPCError("away", RPCStatusCode.UNAVAILABLE, b"")], ids=["silent", "error"])
async def test_who_gets_no_answer_does_not_ask_about_every_generation(
    world: World, folder: Path, stranger: str, monkeypatch: pytest.MonkeyPatch, error: RPCError | None
) -> None:
    """Each question would hold the dead for as long again."""
    for _ in range(3):
        await world.start(1)
    await until(lambda: _running(world), lambda count: count == 3)
    asked = []

    async def without_answer(self: WorkflowHandle[object, object]) -> None:
        asked.append(self.id)
        if error is not None:
            raise error
        await asyncio.Event().wait()

    monkeypatch.setattr(hand_back, "ANSWER_WITHIN", 0.5)
    monkeypatch.setattr(hand_back, "AT_ONCE", 1)
    with monkeypatch.context() as patched:
        patched.setattr(WorkflowHandle, "describe", without_answer)
        with pytest.raises((RPCError, TimeoutError)):
            await HandBack(world.temporal, world.settings.task_queue, folder).look()
    assert len(asked) == 1
    assert await _names(folder) == {stranger}


async def test_who_did_not_drain_is_seen_as_dead_when_its_process_is(folder: Path, beside: Beside) -> None:
    """An error that ends a worker leaves its file, for what it had in flight."""
    with pytest.raises(ZeroDivisionError):
        async with beside as identity:
            raise ZeroDivisionError
    assert await _names(folder) == {identity}


async def test_where_no_file_can_be_locked_workers_work_all_the_same(tmp_path: Path, beside: Beside) -> None:
    """Heartbeats tell then, as on two machines."""
    (tmp_path / WORKERS_FOLDER).write_text("a file where the folder would be")
    async with beside as identity:
        assert identity is None
