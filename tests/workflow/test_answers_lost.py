"""The database comes back from an earlier moment, without what history counts on."""

import pytest
from sqlalchemy import text

from domain.statuses import Status
from storage.workflow_states import LOST
from tests.support.world import World
from tests.workflow.ledger import paid_twice


@pytest.mark.parametrize("cancelled", [False, True], ids=["written", "cancelled"])
async def test_what_went_with_the_database_is_written_anew(world: World, cancelled: bool) -> None:
    """A run that could tell nothing any more ends with the reason, and a resume asks for what is missing."""
    workflow_id = await world.start(4, workflow_window=1)
    async with world.worker():
        async with world.row_held(workflow_id) as let_go:
            await world.until_progress(workflow_id, lambda progress: progress.completed >= 2)
            async with world.engine.begin() as connection:
                gone = await connection.execute(
                    text("DELETE FROM model_call WHERE workflow_id = :id RETURNING slot"), {"id": workflow_id}
                )
                lost = {row.slot for row in gone}
            if cancelled:
                await world.handle(workflow_id).cancel()
            await let_go()
        ended = await world.until_ended(workflow_id)
        wanted = Status.CANCELLED if cancelled else Status.FAILED
        assert (ended.status, ended.error, ended.can_resume) == (wanted, LOST, True)
        await world.until_closed(workflow_id)
        await world.service.resume(workflow_id)
        await world.assert_complete(workflow_id, 4)
    assert {0, 1} <= lost


async def test_questions_that_went_with_the_database_are_missed_at_the_end(world: World) -> None:
    """Nobody is told that all is there; a resume fills the gaps, from stored answers where there are any."""
    workflow_id = await world.start(6, workflow_window=1, workflow_checkpoint_interval=1)
    world.demo.fault("overloaded", match=f"{workflow_id}/[345]/")  # time to go back
    async with world.worker():
        await world.until_completed(workflow_id, 3)
        async with world.engine.begin() as connection:
            gone = "DELETE FROM question WHERE workflow_id = :id AND slot IN (0, 2)"
            await connection.execute(text(gone), {"id": workflow_id})
        world.demo.clear_faults()
        ended = await world.until_ended(workflow_id)
        assert (ended.status, ended.error, ended.can_resume) == (Status.FAILED, LOST, True)
        await world.until_closed(workflow_id)
        await world.service.resume(workflow_id)
        await world.assert_complete(workflow_id, 6)
    assert paid_twice(world.demo.calls(workflow_id)) == []
