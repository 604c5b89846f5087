"""The next steps of what a killed worker had in memory do not wait for it in its own queue."""

import asyncio
import subprocess
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import EventType, TimeoutType
from temporalio.service import RPCError, RPCStatusCode

from activities.hand_back import among_workers
from activities.presence import folder_of_this_machine
from activities.sticky_queues import drop, sticky_queues_in
from domain.statuses import Status
from tests.support.waiting import until
from tests.support.worker import run_worker
from tests.support.world import World
from worker import WORKERS_FOLDER

QUESTIONS = 4


async def _identity(world: World, workflow_id: str) -> str:
    """Of the worker that has all calls, once nothing else is to be done."""
    await until(lambda: world.started_nodes(workflow_id), lambda count: count == QUESTIONS)
    await world.until_mirrored(workflow_id)
    description = (await world.handle(workflow_id).describe()).raw_description
    (identity,) = {activity.last_worker_identity for activity in description.pending_activities}
    return identity


async def _waited_for_a_worker(world: World, workflow_id: str) -> bool:
    """Whether a step of the workflow lay in a queue until it timed out."""
    return any(
        event.workflow_task_timed_out_event_attributes.timeout_type == TimeoutType.TIMEOUT_TYPE_SCHEDULE_TO_START
        for event in (await world.history(workflow_id)).events
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT
    )


@pytest.mark.parametrize("seen", [True, False], ids=["seen", "seen by nobody"])
async def test_steps_go_to_another_worker_at_once(world: World, tmp_path: Path, seen: bool) -> None:
    """Where the death was seen; otherwise the time-out tells."""
    world.demo.fault("stall")
    workflow_id = await world.start(QUESTIONS, workflow_window=QUESTIONS)
    worker = run_worker(world.settings, tmp_path, stderr=subprocess.DEVNULL)
    try:
        identity = await _identity(world, workflow_id)
    finally:
        worker.kill()
        worker.wait()
    folder = tmp_path / WORKERS_FOLDER
    if seen:
        file = folder_of_this_machine(folder) / identity
        async with among_workers(world.temporal, world.settings.task_queue, folder):
            await until(lambda: asyncio.to_thread(file.exists), lambda there: not there)
    await world.handle(workflow_id).signal("pause")
    async with world.worker():
        await world.until_status(workflow_id, Status.PAUSED)
    assert await _waited_for_a_worker(world, workflow_id) is not seen


async def test_only_the_queue_of_the_worker_asked_for_is_told(world: World, tmp_path: Path) -> None:
    """A living worker's stays; a workflow that is gone tells none."""
    world.demo.fault("stall")
    workflow_id = await world.start(QUESTIONS, workflow_window=QUESTIONS)
    worker = run_worker(world.settings, tmp_path, stderr=subprocess.DEVNULL)
    try:
        identity = await _identity(world, workflow_id)
        (queue,) = (await sticky_queues_in(world.temporal, workflow_id, {identity, "1@elsewhere-0"})).values()
        assert queue.startswith(f"{identity}-")
        assert await sticky_queues_in(world.temporal, workflow_id, {"1@elsewhere-0"}) == {}
        assert await sticky_queues_in(world.temporal, "never-started", {identity}) == {}
    finally:
        worker.kill()
        worker.wait()


async def test_a_server_that_cannot_drop_a_queue_is_let_be(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time-out tells there; any other refusal is told, and tried again."""
    status = RPCStatusCode.UNIMPLEMENTED

    async def refused(*_: object) -> None:
        raise RPCError("refused", status, b"")

    monkeypatch.setattr(world.temporal.workflow_service, "shutdown_worker", refused)
    await drop(world.temporal, "1@elsewhere-0-abc", "1@elsewhere-0")
    status = RPCStatusCode.UNAVAILABLE
    with pytest.raises(RPCError):
        await drop(world.temporal, "1@elsewhere-0-abc", "1@elsewhere-0")
