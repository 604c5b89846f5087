"""An operator's `temporal workflow reset` is harmless: nothing is asked twice and the mirror follows."""

import pytest

from tests.support.world import World
from tests.workflow.ledger import paid_twice
from tests.workflow.resetting import reset_to

QUESTIONS = 8


@pytest.mark.parametrize("where", ["first", "middle", "last"])
async def test_a_completed_generation_can_be_reset(world: World, where: str) -> None:
    """The new run finds every answer and every question: exactly N again, and not one call more."""
    workflow_id = await world.start(QUESTIONS, workflow_window=3)
    async with world.worker():
        await world.assert_complete(workflow_id, QUESTIONS)
        await world.handle(workflow_id).result()
        calls = world.demo.calls(workflow_id)
        run_id = await reset_to(world, workflow_id, where)
        if where != "last":  # then nothing is left to tell
            await world.until_run(workflow_id, run_id)
        await world.assert_complete(workflow_id, QUESTIONS)
        assert (await world.temporal.get_workflow_handle(workflow_id, run_id=run_id).result())["questions"] == QUESTIONS
    assert world.demo.calls(workflow_id) == calls


@pytest.mark.parametrize("where", ["first", "middle", "last"])
async def test_a_running_generation_can_be_reset(world: World, where: str) -> None:
    """The old run ends, the new one takes the mirror over and goes on from what is stored: exactly N."""
    workflow_id = await world.start(QUESTIONS, workflow_window=3)
    world.demo.fault("stall", match=f"{workflow_id}/[67]/")
    async with world.worker():
        await world.until_completed(workflow_id, 6)
        await world.until_calls(workflow_id, QUESTIONS)
        world.demo.clear_faults()
        run_id = await reset_to(world, workflow_id, where)
        await world.until_run(workflow_id, run_id)
        await world.assert_complete(workflow_id, QUESTIONS)
    assert paid_twice(world.demo.calls(workflow_id)) == []


async def test_a_paused_generation_stays_paused_after_a_reset(world: World) -> None:
    """The pause is a signal, and signals after the reset point are kept."""
    workflow_id = await world.start(4, workflow_window=2)
    async with world.worker():
        await world.service.pause(workflow_id)
        await world.until_idle(workflow_id)
        calls = world.demo.calls(workflow_id)
        run_id = await reset_to(world, workflow_id, "first")
        await world.until_run(workflow_id, run_id)
        await world.until_progress(workflow_id, lambda progress: progress.current_node == "write_questions")
        assert (await world.service.status(workflow_id)).status == "paused"
        assert world.demo.calls(workflow_id) == calls
        await world.service.resume(workflow_id)
        await world.assert_complete(workflow_id, 4)
    assert paid_twice(world.demo.calls(workflow_id)) == []
