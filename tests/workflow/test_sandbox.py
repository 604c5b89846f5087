"""Workflow code is kept from everything that a replay could not repeat."""

import random
import uuid

import pytest
from temporalio import workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowFailureError
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import RestrictedWorkflowAccessError

from tests.support.world import World
from worker import build_worker


@workflow.defn(failure_exception_types=[RestrictedWorkflowAccessError])
class ReadsAFile:
    """Does in a workflow what belongs in an activity."""

    @workflow.run
    async def run(self) -> str:
        """Fails under the worker's runner."""
        with open("/dev/null") as file:  # noqa: ASYNC230, PTH123 - the offence
            return file.read()


@workflow.defn(failure_exception_types=[RestrictedWorkflowAccessError])
class ThrowsADie:
    """Draws a random number that a replay would not draw again."""

    @workflow.run
    async def run(self) -> int:
        """Fails under the worker's runner."""
        return uuid.uuid4().int + random.SystemRandom().randrange(6)


@pytest.mark.parametrize("offender", [ReadsAFile, ThrowsADie])
async def test_the_workers_runner_refuses_what_cannot_be_replayed(world: World, offender: type) -> None:
    """Input and output, real random numbers: the sandbox of our worker fails the workflow at the call."""
    runner = build_worker(world.temporal, world.settings).config()["workflow_runner"]
    queue = f"sandbox-{uuid.uuid4().hex[:8]}"
    async with Worker(world.temporal, task_queue=queue, workflows=[offender], workflow_runner=runner):
        with pytest.raises(WorkflowFailureError) as failure:
            await world.temporal.execute_workflow(offender.__name__, id=queue, task_queue=queue)
    assert "RestrictedWorkflowAccessError" in repr(getattr(failure.value.cause, "type", failure.value.cause))


async def test_nothing_stands_in_the_way_of_a_reset(world: World) -> None:
    """Child workflows and an execution time-out both break `temporal workflow reset`: there are none."""
    workflow_id = await world.start(2)
    async with world.worker():
        await world.assert_complete(workflow_id, 2)
        events = (await world.history(workflow_id)).events
    started = events[0].workflow_execution_started_event_attributes
    assert started.workflow_execution_timeout.ToTimedelta().total_seconds() == 0
    assert EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED not in {event.event_type for event in events}
