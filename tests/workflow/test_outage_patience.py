"""A provider that stays away pauses the generation; nobody has to watch it."""

from domain.statuses import Status
from tests.support.world import World
from tests.workflow.ledger import try_of

PATIENCE = 0.6
RETRY_AFTER = 0.2


async def test_an_outage_longer_than_our_patience_pauses_with_the_reason(world: World) -> None:
    """No try alone outlasts the patience: the begin of the outage survives from try to try. Resume completes."""
    workflow_id = await world.start(3, workflow_window=1)
    world.demo.fault("overloaded", retry_after=RETRY_AFTER, match=workflow_id)
    async with world.worker(workflow_outage_patience=PATIENCE):
        paused = await world.until_status(workflow_id, Status.PAUSED)
        assert paused.error is not None and "overloaded (503)" in paused.error and "resume" in paused.error
        assert paused.waiting is None
        tries = [try_of(call) for call in world.demo.calls(workflow_id)]
        assert tries == list(range(1, len(tries) + 1)) and len(tries) >= 2
        world.demo.clear_faults()
        await world.service.resume(workflow_id)
        await world.assert_complete(workflow_id, 3)


async def test_patience_starts_anew_after_a_resume(world: World) -> None:
    """An outage that goes on after a resume is given the whole patience again, not one try."""
    workflow_id = await world.start(2, workflow_window=1)
    world.demo.fault("overloaded", retry_after=RETRY_AFTER, match=workflow_id)
    async with world.worker(workflow_outage_patience=PATIENCE):
        await world.until_status(workflow_id, Status.PAUSED)
        before = len(world.demo.calls(workflow_id))
        await world.service.resume(workflow_id)
        await world.until_status(workflow_id, Status.PAUSED)
        assert len(world.demo.calls(workflow_id)) - before >= 2
