"""A pause that no worker has seen yet counts from the first moment."""

import asyncio

from domain.statuses import Status
from tests.support.waiting import until
from tests.support.world import World


async def test_a_pause_before_any_worker_is_there_stops_the_first_call(world: World) -> None:
    """The signal waits in history; the worker that comes prepares the content, calls nothing and acknowledges."""
    workflow_id = await world.start(3)
    pausing = asyncio.create_task(world.service.pause(workflow_id))
    await until(lambda: world.events(workflow_id), lambda events: events["WORKFLOW_EXECUTION_SIGNALED"] == 1)
    async with world.worker():
        assert (await pausing).status is Status.PAUSED
        await world.until_progress(workflow_id, lambda progress: progress.current_node == "write_questions")
        assert (await world.progress(workflow_id)).calls == 0
        assert world.demo.calls(workflow_id) == []
        await world.service.resume(workflow_id)
        await world.assert_complete(workflow_id, 3)
