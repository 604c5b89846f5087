"""A run that begins in a worker's thread takes nothing that another one left there: each answer is in its history."""

from tests.support.waiting import until
from tests.support.world import World, scheduled
from tests.workflow.ledger import paid_twice


async def test_a_run_has_no_answer_but_from_its_own_activities(world: World) -> None:
    """A worker takes an idle thread again: a run is replayed in it, and another begins that asks for the same.

    An answer that it had from there could be repeated by no replay: the last question would never come.
    """
    workflow_id = await world.start(6, workflow_window=2, workflow_longest_run=30)
    world.demo.fault("malformed", times=1, match=f"{workflow_id}/5/draft/")
    world.demo.fault("stall", match=f"{workflow_id}/5/revise/")
    async with world.worker():
        await world.until_completed(workflow_id, 5)
        await until(lambda: _steps(world, workflow_id, "question.revise"), lambda count: count == 1)
        info = (await world.handle(workflow_id).describe()).raw_description.workflow_execution_info
        assert info.first_run_id != info.execution.run_id, "one that another handed over to"
        await _replay_the_next_step(world, workflow_id)
        await world.service.pause(workflow_id)

        await world.handle(workflow_id).terminate(reason="for the test")
        await world.service.reconcile(workflow_id)
        await world.service.resume(workflow_id)
        await until(lambda: _steps(world, workflow_id, "question.revise"), lambda count: count == 1)
        assert await _steps(world, workflow_id, "question.draft") == 1
        await _replay_the_next_step(world, workflow_id)
        await world.service.pause(workflow_id)
        await world.service.cancel(workflow_id)
        await world.until_closed(workflow_id)
        world.demo.clear_faults()
        await world.service.resume(workflow_id)
        await world.assert_complete(workflow_id, 6)
        await world.until_closed(workflow_id)
    assert paid_twice(world.demo.calls(workflow_id)) == []


async def _replay_the_next_step(world: World, workflow_id: str) -> None:
    """Whatever was queried is forgotten by its worker."""
    await world.progress(workflow_id)


async def _steps(world: World, workflow_id: str, name: str) -> int:
    return len(scheduled((await world.history(workflow_id)).events, name))
