"""The begin of an outage is not forgotten while the database is slow."""

import asyncio
from typing import Any

import pytest
from temporalio import activity

from activities import heartbeat
from domain.statuses import Status
from storage.model_calls import ModelCallStore
from tests.support.world import World


async def test_heartbeats_of_a_try_keep_the_begin_that_it_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beats go on while the display of the wait is written; they must carry the begin, or patience never ends."""
    beats = asyncio.Event()
    wait_for_provider = ModelCallStore.wait_for_provider
    beat = activity.heartbeat
    count = 0

    def counting(*details: Any) -> None:
        nonlocal count
        beat(*details)
        count += 1
        if count % 8 == 0:
            beats.set()

    async def slow(self: ModelCallStore, *args: Any, **kwargs: Any) -> None:
        # The display takes longer than several beats.
        beats.clear()
        await beats.wait()
        await wait_for_provider(self, *args, **kwargs)

    monkeypatch.setattr(heartbeat, "INTERVAL", 0.02)
    monkeypatch.setattr("activities.heartbeat.activity.heartbeat", counting)
    monkeypatch.setattr(ModelCallStore, "wait_for_provider", slow)
    workflow_id = await world.start(1)
    world.demo.fault("overloaded", times=12, retry_after=0.2, match=workflow_id)
    async with world.worker(workflow_outage_patience=1):
        # Were the begin lost, the twelve faults would run out and the generation would complete.
        status = await world.until_status(workflow_id, Status.PAUSED, Status.COMPLETED)
        assert status.status is Status.PAUSED
