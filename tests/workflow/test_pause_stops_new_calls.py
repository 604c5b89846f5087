"""A pause that was acknowledged is kept: no new call of the model starts."""

import asyncio
from typing import Any

import pytest

from domain.statuses import Status
from storage.model_calls import ModelCallStore
from tests.support.world import World
from tests.workflow.conftest import HeldReplies
from tests.workflow.ledger import paid_twice


async def test_no_call_starts_after_an_acknowledged_pause(world: World, held_replies: HeldReplies) -> None:
    """What was in flight is kept and becomes questions, nothing new is asked, and a resume goes on to exactly N."""
    workflow_id = await world.start(8, workflow_window=3)
    async with world.worker():
        await world.until_calls(workflow_id, 3)
        paused = await world.service.pause(workflow_id)
        assert paused.status is Status.PAUSED
        held_replies.release()
        # All three writers have their answer and stand before the gate.
        await world.until_progress(workflow_id, lambda progress: progress.calls == 3)
        await world.until_completed(workflow_id, 3)
        assert len(world.demo.calls(workflow_id)) == 3
        assert (await world.progress(workflow_id)).status == Status.PAUSED
        await world.service.resume(workflow_id)
        await world.assert_complete(workflow_id, 8)
    assert paid_twice(world.demo.calls(workflow_id)) == []


async def test_no_call_starts_that_was_being_prepared_at_the_pause(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An activity that already reads what its prompt needs, but has not called, sees a pause acknowledged meanwhile."""
    reading, go_on = asyncio.Event(), asyncio.Event()
    stems_on_chunk = ModelCallStore.stems_on_chunk

    async def slow(self: ModelCallStore, *args: Any, **kwargs: Any) -> list[str]:
        reading.set()
        await go_on.wait()
        return await stems_on_chunk(self, *args, **kwargs)

    monkeypatch.setattr(ModelCallStore, "stems_on_chunk", slow)
    workflow_id = await world.start(2, workflow_window=1)
    async with world.worker():
        await reading.wait()
        await world.service.pause(workflow_id)
        go_on.set()
        # The activity has ended one way or the other once its slot is told: by a call, or by GENERATION_PAUSED.
        await world.until_closed_nodes(workflow_id, 1)
        assert world.demo.calls(workflow_id) == []
        await world.service.resume(workflow_id)
        await world.assert_complete(workflow_id, 2)
