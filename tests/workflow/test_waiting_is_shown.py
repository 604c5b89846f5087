"""While the provider is away the status says so, from the database alone."""

from service.status import GenerationStatus
from tests.support.waiting import until
from tests.support.world import World


async def test_the_status_shows_a_wait_and_forgets_it_afterwards(world: World) -> None:
    """Reason, number of slots and the time of the next try during an outage; nothing of it once it is over."""
    workflow_id = await world.start(4, workflow_window=2)
    world.demo.fault("rate_limit_seconds", retry_after=1.2, match=workflow_id)

    async def look() -> GenerationStatus:
        return await world.service.status(workflow_id)

    async with world.worker():
        status = await until(look, lambda seen: seen.waiting is not None and seen.waiting.slots == 2)
        waiting = status.waiting
        assert waiting is not None
        assert waiting.reason == "rate limit (429)"
        assert (waiting.retry_at - waiting.since).total_seconds() >= 1.2
        world.demo.clear_faults()
        await world.assert_complete(workflow_id, 4)
    assert (await look()).waiting is None
    assert await world.states.waits(workflow_id) == []


async def test_a_wait_is_not_shown_after_it_was_given_up(world: World) -> None:
    """The key is withdrawn while a slot waits: once resumed and answered elsewhere, the old wait is gone."""
    workflow_id = await world.start(2, workflow_window=1)
    world.demo.fault("rate_limit_seconds", times=1, retry_after=0.2, match=workflow_id)
    world.demo.fault("unauthorized", times=1, match=workflow_id)
    world.demo.fault("stall", match=workflow_id)

    async def look() -> GenerationStatus:
        return await world.service.status(workflow_id)

    async with world.worker():
        await until(look, lambda seen: seen.error is not None)
        await world.service.resume(workflow_id)
        # The call is under way now: nothing waits for a next try.
        await world.until_calls(workflow_id, 3)
        assert (await look()).waiting is None
