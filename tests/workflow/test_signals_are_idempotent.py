"""Pause and resume may arrive any number of times in any order."""

import asyncio
import random

from domain.statuses import Status
from tests.support.world import World
from tests.workflow.ledger import paid_twice


async def test_pause_and_resume_twice_are_pause_and_resume_once(world: World) -> None:
    """The second pause of a paused generation and the second resume of a running one change nothing."""
    workflow_id = await world.start(6, workflow_window=2)
    async with world.worker():
        assert (await world.service.pause(workflow_id)).status is Status.PAUSED
        before = await world.progress(workflow_id)
        assert (await world.service.pause(workflow_id)).status is Status.PAUSED
        assert (await world.progress(workflow_id)).calls == before.calls
        await world.service.resume(workflow_id)
        await world.service.ensure_running(workflow_id)
        await world.assert_complete(workflow_id, 6)
    assert paid_twice(world.demo.calls(workflow_id)) == []


async def test_shuffled_and_repeated_signals_lose_and_double_nothing(world: World) -> None:
    """Whatever the order in which a burst of pauses and resumes arrives, a last resume leads to exactly N."""
    workflow_id = await world.start(12, workflow_window=4)
    signals = ["pause", "resume"] * 10
    random.Random(7).shuffle(signals)
    async with world.worker():
        handle = world.handle(workflow_id)
        await asyncio.gather(*(handle.signal(name) for name in signals))
        await handle.signal("resume")
        await world.assert_complete(workflow_id, 12)
    assert paid_twice(world.demo.calls(workflow_id)) == []
