"""What a killed worker had in flight is handed back by a worker beside it, without a heartbeat time-out."""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.api.workflow.v1 import PendingActivityInfo

from activities.hand_back import WORKER_DIED, among_workers
from tests.support.waiting import until
from tests.support.worker import run_worker
from tests.support.world import NODES, World
from worker import WORKERS_FOLDER

QUESTIONS = 4


@pytest.fixture
def worker(world: World, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
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

    def died(call: PendingActivityInfo) -> bool:
        return call.last_failure.application_failure_info.type == WORKER_DIED

    return await until(lambda: _calls(world, workflow_id), lambda calls: all(map(died, calls)), 15)


async def _names(folder: Path) -> set[str]:
    """Of the workers, living and dead."""
    return await asyncio.to_thread(lambda: {path.name for path in folder.iterdir()})


async def test_calls_of_a_killed_worker_are_tried_again(
    world: World, tmp_path: Path, worker: subprocess.Popen[str]
) -> None:
    """The next try's reason is the death, told by who saw it; each question is written once."""
    world.demo.fault("stall")
    workflow_id = await world.start(QUESTIONS, workflow_window=QUESTIONS)
    (identity,) = {call.last_worker_identity for call in await _under_way(world, workflow_id)}
    assert await _names(tmp_path / WORKERS_FOLDER) == {identity}

    worker.kill()
    async with among_workers(world.temporal, world.settings.task_queue, tmp_path / WORKERS_FOLDER):
        after = await _handed_back(world, workflow_id)
        await until(lambda: _names(tmp_path / WORKERS_FOLDER), lambda names: identity not in names)
    assert [call.attempt for call in after] == [2] * QUESTIONS

    world.demo.clear_faults()
    async with world.worker():
        await world.assert_complete(workflow_id, QUESTIONS)


async def test_since_when_the_provider_is_away_is_not_forgotten(
    world: World, tmp_path: Path, worker: subprocess.Popen[str]
) -> None:
    """A try that is handed back leaves the next one what it knew, or patience with an outage would begin anew."""
    world.demo.fault("server_error", times=QUESTIONS)
    world.demo.fault("stall")
    workflow_id = await world.start(QUESTIONS, workflow_window=QUESTIONS)
    await _under_way(world, workflow_id, attempt=2)
    worker.kill()
    async with among_workers(world.temporal, world.settings.task_queue, tmp_path / WORKERS_FOLDER):
        after = await _handed_back(world, workflow_id)
    assert all(call.HasField("heartbeat_details") for call in after)


async def test_calls_of_a_living_worker_are_left_alone(
    world: World, tmp_path: Path, worker: subprocess.Popen[str]
) -> None:
    """A death beside it takes nothing from it."""
    world.demo.fault("stall")
    workflow_id = await world.start(QUESTIONS, workflow_window=QUESTIONS)
    await _under_way(world, workflow_id)
    stranger = tmp_path / WORKERS_FOLDER / "1@elsewhere-0"
    stranger.touch()
    async with among_workers(world.temporal, world.settings.task_queue, tmp_path / WORKERS_FOLDER):
        await until(lambda: _names(stranger.parent), lambda names: stranger.name not in names)
    assert [call.attempt for call in await _calls(world, workflow_id)] == [1] * QUESTIONS
    assert worker.poll() is None


async def test_where_no_file_can_be_locked_workers_work_all_the_same(world: World, tmp_path: Path) -> None:
    """Heartbeats tell then, as on two machines."""
    (tmp_path / WORKERS_FOLDER).write_text("a file where the folder would be")
    async with among_workers(world.temporal, world.settings.task_queue, tmp_path / WORKERS_FOLDER) as identity:
        assert identity is None
