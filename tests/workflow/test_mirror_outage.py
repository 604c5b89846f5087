"""The mirror can delay what is shown, never what is done."""

from sqlalchemy import text

from domain.statuses import Status
from tests.support.world import World


async def test_generation_goes_on_while_the_mirror_cannot_be_written(world: World) -> None:
    """All questions are written while every mirror write fails; the last write lands when the table is back."""
    workflow_id = await world.start(6)
    await _rename(world, "workflow_event", "workflow_event_away")
    async with world.worker():
        await world.until_progress(
            workflow_id, lambda progress: (progress.status, progress.completed) == (Status.COMPLETED, 6)
        )
        behind = await world.service.status(workflow_id)
        assert (behind.status, behind.completed) == (Status.RUNNING, 0)
        await _rename(world, "workflow_event_away", "workflow_event")
        await world.assert_complete(workflow_id, 6)
        await world.handle(workflow_id).result()


async def test_a_locked_row_delays_only_the_mirror(world: World) -> None:
    """Somebody's open transaction holds the row: questions are written meanwhile, and shown after."""
    workflow_id = await world.start(4)
    async with world.row_held(workflow_id) as let_go, world.worker():
        await world.until_progress(workflow_id, lambda progress: progress.completed == 4)
        assert (await world.service.status(workflow_id)).completed == 0
        await let_go()
        await world.assert_complete(workflow_id, 4)


async def _rename(world: World, old: str, new: str) -> None:
    async with world.engine.begin() as connection:
        await connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))
