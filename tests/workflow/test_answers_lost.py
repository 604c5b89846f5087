"""The database comes back from an earlier moment, without answers that history counts on."""

import pytest
from sqlalchemy import text

from activities.mirror import LOST
from domain.statuses import Status
from tests.support.world import World


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
