"""A retry that finds the generation paused makes no call."""

from domain.statuses import Status
from tests.support.world import World


async def test_a_retry_that_finds_the_generation_paused_makes_no_call(world: World) -> None:
    """Slots that wait for their next try when a pause comes end without a call, and go on after a resume."""
    workflow_id = await world.start(4, workflow_window=2)
    # Long enough for the pause to be there first.
    world.demo.fault("rate_limit_seconds", times=2, retry_after=5, match=workflow_id)
    async with world.worker():
        await world.until_calls(workflow_id, 2)
        await world.service.pause(workflow_id)
        # Both retries have come and gone: their activities closed, failed with GENERATION_PAUSED.
        await world.until_closed_nodes(workflow_id, 2)
        assert len(world.demo.calls(workflow_id)) == 2
        status = await world.service.status(workflow_id)
        assert (status.status, status.waiting) == (Status.PAUSED, None)
        await world.service.resume(workflow_id)
        await world.assert_complete(workflow_id, 4)
