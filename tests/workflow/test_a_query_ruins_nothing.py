"""Whoever asks a workflow, at whatever moment: its history can be replayed."""

import asyncio
import uuid
from datetime import timedelta

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle, WorkflowHistory
from temporalio.worker import Replayer, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from temporal_queries import ForgettingRunner
from tests.support.waiting import until
from tests.support.world import World
from tests.workflow import held_query
from tests.workflow.asked import Asked
from worker import build_worker

RESTRICTIONS = SandboxRestrictions.default.with_passthrough_modules("tests.workflow.held_query")


class _Between:
    """A query that waits for a worker while a signal comes, and is answered while another comes."""

    def __init__(self, world: World, runner: SandboxedWorkflowRunner) -> None:
        self._world = world
        self._runner = runner
        self._task_queue = f"asked-{uuid.uuid4()}"

    async def history(self) -> WorkflowHistory:
        """Of the workflow, once it has gone on."""
        handle = await self._world.temporal.start_workflow(
            Asked.run, id=self._task_queue, task_queue=self._task_queue, execution_timeout=timedelta(minutes=2)
        )
        async with self._worker():
            await self._until_completed(handle, 1)
        held_query.reset()
        asking = asyncio.create_task(handle.query(Asked.heard))
        await asyncio.sleep(1)  # nothing tells that the query waits
        await handle.signal(Asked.hear, "slow")
        async with self._worker():
            assert await asyncio.to_thread(held_query.asked.wait, 20)
            await handle.signal(Asked.hear, "quick")
            held_query.answer.set()
            await asking
            await self._until_completed(handle, 2)
            return await handle.fetch_history()

    def _worker(self) -> Worker:
        # Two tasks at once, one of them kept for its own queue: the query keeps the next task waiting.
        worker = Worker(
            self._world.temporal,
            task_queue=self._task_queue,
            workflows=[Asked],
            workflow_runner=self._runner,
            max_concurrent_workflow_tasks=2,
        )
        if isinstance(self._runner, ForgettingRunner):
            self._runner.memory.worker = worker
        return worker

    async def _until_completed(self, handle: WorkflowHandle[Asked, None], tasks: int) -> None:
        async def completed() -> int:
            events = (await handle.fetch_history()).events
            return sum(event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED for event in events)

        await until(completed, lambda count: count >= tasks)


async def _can_be_replayed(history: WorkflowHistory) -> bool:
    replayer = Replayer(workflows=[Asked], workflow_runner=SandboxedWorkflowRunner(restrictions=RESTRICTIONS))
    return (await replayer.replay_workflow(history, raise_on_replay_failure=False)).replay_failure is None


async def test_a_query_that_met_half_of_a_task_ruins_nothing(world: World) -> None:
    """What was replayed for it is forgotten."""
    history = await _Between(world, ForgettingRunner(restrictions=RESTRICTIONS)).history()
    assert await _can_be_replayed(history)


async def test_without_that_it_would(world: World) -> None:
    """When this fails, the SDK does it by itself, and `temporal_queries.py` can go."""
    for _ in range(5):  # a query that reached Temporal late comes with a task, which is harmless
        history = await _Between(world, SandboxedWorkflowRunner(restrictions=RESTRICTIONS)).history()
        if not await _can_be_replayed(history):
            return
    pytest.fail("the SDK no longer keeps what it replayed for a query")


async def test_the_worker_forgets(world: World) -> None:
    """Plugins make runners of their own from the one that is given; the memory is the same."""
    worker = build_worker(world.temporal, world.settings)
    runner = worker.config()["workflow_runner"]
    assert isinstance(runner, ForgettingRunner)
    assert runner.memory.worker is worker
