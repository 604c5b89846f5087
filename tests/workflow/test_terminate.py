"""An operator's `temporal workflow terminate`: no workflow code runs, and still nothing is lost."""

from domain.statuses import Status
from tests.support.world import World
from tests.workflow.ledger import ARRIVED, paid_twice


async def test_answers_paid_for_before_a_terminate_are_used_after_the_resume(world: World) -> None:
    """Questions that the mirror had not heard of are in the table of paid answers: the resume takes them from it."""
    # The mirror is slow here, so that it knows of nothing when the end comes.
    workflow_id = await world.start(5, workflow_window=3, workflow_mirror_delay=600, workflow_checkpoint_interval=600)
    world.demo.fault("stall", match=f"{workflow_id}/4/")
    async with world.worker():
        await world.until_progress(workflow_id, lambda progress: progress.completed == 4)
        await world.until_calls(workflow_id, 5)
        await world.handle(workflow_id).terminate("by an operator")
        await world.service.reconcile(workflow_id)
        status = await world.service.status(workflow_id)
        assert (status.status, status.completed, status.can_resume) == (Status.FAILED, 0, True)
        assert status.error is not None and "terminated" in status.error
        world.demo.clear_faults()
        await world.service.resume(workflow_id)
        await world.assert_complete(workflow_id, 5)
    calls = world.demo.calls(workflow_id)
    assert paid_twice(calls) == []
    assert sum(call["outcome"] in ARRIVED for call in calls) == 5
