"""A resume that comes while the ended run is still closing is not lost."""

import asyncio
from typing import Any

import pytest

from domain.statuses import Status
from storage.workflow_states import WorkflowStateStore
from tests.support.world import World


async def test_a_resume_right_after_a_cancel_is_not_lost(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mirror says `cancelled` a moment before Temporal closes the run; a resume in between takes effect."""
    written, close = asyncio.Event(), asyncio.Event()
    save = WorkflowStateStore.save

    async def save_and_linger(self: WorkflowStateStore, write: Any, is_current_run: Any) -> Any:
        fence = await save(self, write, is_current_run)
        if write.status is Status.CANCELLED:
            written.set()
            await close.wait()
        return fence

    monkeypatch.setattr(WorkflowStateStore, "save", save_and_linger)
    workflow_id = await world.start(4, workflow_window=2)
    world.demo.fault("stall", match=workflow_id)
    async with world.worker():
        await world.until_calls(workflow_id, 2)
        assert (await world.service.cancel(workflow_id)).status is Status.CANCELLED
        await written.wait()
        world.demo.clear_faults()
        resuming = asyncio.create_task(world.service.resume(workflow_id))
        await asyncio.wait({resuming}, timeout=0.5)  # time enough to do it wrong
        close.set()
        await resuming
        await world.assert_complete(workflow_id, 4)
