"""What no waiting mends pauses the generation with the reason."""

import asyncio

from domain.statuses import Status
from tests.support.world import World
from tests.workflow.ledger import paid_twice

# Fault -> what the reason must tell.
PERMANENT = {
    "unauthorized": "OPENAI_API_KEY",
    "forbidden": "not allowed",
    "not_found": "OPENAI_MODEL",
    "bad_request": "rejected the request",
    "unprocessable": "could not process",
    "quota": "quota",
}
WINDOW = 2


async def test_permanent_failures_pause_with_a_reason_and_without_a_storm(world: World) -> None:
    """At most one call a slot of the window, what was made is kept, and a resume completes with exactly N."""

    async def endure(kind: str) -> str:
        workflow_id = await world.start(4, workflow_window=WINDOW)
        world.demo.fault(kind, match=f"{workflow_id}/[23]/")
        paused = await world.until_status(workflow_id, Status.PAUSED)
        assert paused.error is not None and PERMANENT[kind] in paused.error, (kind, paused.error)
        assert paused.can_resume
        # A slot beside the failed one may still be on its way.
        await world.until_progress(workflow_id, lambda progress: progress.completed == 2)
        await world.until_idle(workflow_id)
        refused = [call for call in world.demo.calls(workflow_id) if call["outcome"] == kind]
        assert 1 <= len(refused) <= WINDOW, (kind, refused)
        return workflow_id

    async with world.worker():
        generations = dict(zip(PERMANENT, await asyncio.gather(*map(endure, PERMANENT)), strict=True))
        world.demo.clear_faults()
        for workflow_id in generations.values():
            resumed = await world.service.resume(workflow_id)
            assert resumed.status is not Status.PAUSED and resumed.error is None
        for workflow_id in generations.values():
            await world.assert_complete(workflow_id, 4)
            assert paid_twice(world.demo.calls(workflow_id)) == []
