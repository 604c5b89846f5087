"""The last word counts, whether or not a worker has heard the one before."""

import asyncio

from tests.support.waiting import until
from tests.support.world import World


async def test_a_resume_overtakes_a_pause_that_no_worker_has_seen(world: World) -> None:
    """Paused without a worker, so the mirror still says running; a resume now must not be forgotten."""
    workflow_id = await world.start(2)
    pausing = asyncio.create_task(world.service.pause(workflow_id))
    await until(lambda: world.events(workflow_id), lambda events: events["WORKFLOW_EXECUTION_SIGNALED"] == 1)
    await world.service.resume(workflow_id)
    async with world.worker():
        await world.assert_complete(workflow_id, 2)
    pausing.cancel()
