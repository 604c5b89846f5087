"""Nothing stands in the way of an operator's reset."""

from temporalio.api.enums.v1 import EventType

from tests.support.world import World


async def test_there_are_no_child_workflows_and_no_execution_timeout(world: World) -> None:
    """Both break `temporal workflow reset`."""
    workflow_id = await world.start(2)
    async with world.worker():
        await world.assert_complete(workflow_id, 2)
        events = (await world.history(workflow_id)).events
    started = events[0].workflow_execution_started_event_attributes
    assert started.workflow_execution_timeout.ToTimedelta().total_seconds() == 0
    assert EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED not in {event.event_type for event in events}
