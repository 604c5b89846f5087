"""A cancelled generation keeps what it made, and can be taken up again."""

import pytest
from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError
from temporalio.exceptions import CancelledError

from domain.statuses import Status
from tests.support.world import World
from tests.workflow.ledger import of_slot, paid_twice


async def test_cancel_keeps_the_finished_questions_and_resume_completes(world: World) -> None:
    """Mirror and Temporal say cancelled; a resume asks only for the unfinished slots and ends with exactly N."""
    workflow_id = await world.start(6, workflow_window=3)
    world.demo.fault("stall", match=f"{workflow_id}/[345]/")
    async with world.worker():
        await world.until_completed(workflow_id, 3)
        await world.until_calls(workflow_id, 6)
        cancelled = await world.service.cancel(workflow_id)
        assert (cancelled.status, cancelled.completed, cancelled.can_resume) == (Status.CANCELLED, 3, True)
        with pytest.raises(WorkflowFailureError) as failure:
            await world.handle(workflow_id).result()
        assert isinstance(failure.value.cause, CancelledError)
        description = await world.handle(workflow_id).describe()
        assert description.status is WorkflowExecutionStatus.CANCELED
        kept = await world.service.questions(workflow_id)
        assert [question.slot for question in kept] == [0, 1, 2]

        world.demo.clear_faults()
        await world.service.resume(workflow_id)
        await world.assert_complete(workflow_id, 6)
    finished = await world.service.questions(workflow_id)
    assert [(one.id, one.created_at) for one in finished[:3]] == [(one.id, one.created_at) for one in kept]
    calls = world.demo.calls(workflow_id)
    assert paid_twice(calls) == []
    assert [len(of_slot(calls, slot)) for slot in range(6)] == [1, 1, 1, 2, 2, 2]


async def test_cancel_is_idempotent(world: World) -> None:
    """The second cancel returns the same state."""
    workflow_id = await world.start(2)
    world.demo.fault("stall", match=workflow_id)
    async with world.worker():
        await world.until_calls(workflow_id, 2)
        first = await world.service.cancel(workflow_id)
        assert await world.service.cancel(workflow_id) == first


async def test_a_paused_generation_can_be_cancelled(world: World) -> None:
    """Cancel does not wait for a resume."""
    workflow_id = await world.start(4, workflow_window=2)
    async with world.worker():
        await world.service.pause(workflow_id)
        assert (await world.service.cancel(workflow_id)).status is Status.CANCELLED
