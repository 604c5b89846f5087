"""A cancel that comes while a paid answer waits to be stored: the answer is kept, and a resume does not pay again."""

import asyncio

import pytest
from sqlalchemy import text

import worker
from activities import heartbeat
from domain.statuses import Status
from tests.integration.storage.made import LOCK_WAITS
from tests.support.waiting import until
from tests.support.world import World


async def test_an_answer_that_waits_for_the_database_is_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The activity hears of the cancel in the middle of its write, and ends it first."""
    monkeypatch.setattr(heartbeat, "INTERVAL", 0.1)
    monkeypatch.setattr(worker, "HEARTBEAT_INTERVAL", 0.1)

    async def writes_that_wait() -> int:
        async with world.engine.connect() as connection:
            return int(await connection.scalar(text(LOCK_WAITS)) or 0)

    async with world.engine.connect() as connection, world.worker():
        await connection.execute(text("LOCK TABLE model_call IN EXCLUSIVE MODE"))
        workflow_id = await world.start(1)
        await until(writes_that_wait, lambda count: count == 1)
        assert (await world.service.cancel(workflow_id)).status is Status.CANCELLED
        await world.until_closed(workflow_id)
        await asyncio.sleep(1)  # ten beats: by now it has heard of it
        await connection.rollback()
        await world.service.resume(workflow_id)
        await world.assert_complete(workflow_id, 1)
    assert len(world.demo.calls(workflow_id)) == 1
