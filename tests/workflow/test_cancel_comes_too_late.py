"""A cancel that arrives when all is decided, and only the mirror has to be told, changes nothing."""

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowExecutionStatus

import activities.content
from domain.statuses import Status
from tests.support.waiting import until
from tests.support.world import World
from writing.content import NoContent


async def cancel_at_the_end(world: World, workflow_id: str, status: Status) -> None:
    """While the last snapshot waits for its row, as in an outage of PostgreSQL; then the row is free."""
    async with world.row_held(workflow_id) as let_go, world.worker():
        await world.until_progress(workflow_id, lambda progress: progress.status == status)
        await world.handle(workflow_id).cancel()

        async def seen() -> bool:
            """The workflow has answered the cancel, one way or the other."""
            types = [event.event_type for event in (await world.history(workflow_id)).events]
            if EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED not in types:
                return False
            after = types[types.index(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED) :]
            return EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED in after

        await until(seen)
        await let_go()
        await world.until_closed(workflow_id)


async def test_what_is_complete_stays_complete(world: World) -> None:
    """All questions are written: the generation is completed, in Temporal and in the mirror, with every one of them."""
    workflow_id = await world.start(4)
    await cancel_at_the_end(world, workflow_id, Status.COMPLETED)
    await world.assert_complete(workflow_id, 4)
    assert (await world.handle(workflow_id).describe()).status is WorkflowExecutionStatus.COMPLETED


async def test_what_has_failed_tells_why(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason is not lost to the cancel."""

    async def refuse(*_: object) -> None:
        raise NoContent("the content holds no text")

    monkeypatch.setattr(activities.content, "prepare", refuse)
    workflow_id = await world.start(2)
    await cancel_at_the_end(world, workflow_id, Status.FAILED)
    status = await world.until_status(workflow_id, Status.FAILED)
    assert "no text" in (status.error or "")
    assert (await world.handle(workflow_id).describe()).status is WorkflowExecutionStatus.FAILED
