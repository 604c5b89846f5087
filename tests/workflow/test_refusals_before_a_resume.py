"""A refusal is of the moment at which the call was made: a resume since then may have mended its cause."""

import asyncio
from typing import Any

import pytest

from domain.statuses import Status
from model.client import ModelClient, Reply
from model.failures import ProviderRejected
from tests.support.waiting import until
from tests.support.world import World


async def test_a_refusal_from_before_a_resume_does_not_pause_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slot asks again, and the generation goes on to its end."""
    ask, asked, mended = ModelClient.ask, list[str](), asyncio.Event()

    async def refused_at_first(self: ModelClient, *args: Any, **options: Any) -> Reply:
        asked.append(options["request_id"])
        if len(asked) == 1:
            await mended.wait()
            raise ProviderRejected("the provider rejected the API key")
        return await ask(self, *args, **options)

    monkeypatch.setattr(ModelClient, "ask", refused_at_first)
    workflow_id = await world.start(3, workflow_window=1)
    async with world.worker():

        async def in_flight() -> int:
            return len(asked)

        await until(in_flight)
        await world.service.pause(workflow_id)
        await world.service.resume(workflow_id)
        await world.until_status(workflow_id, Status.RUNNING)
        mended.set()
        await world.assert_complete(workflow_id, 3)
    assert "paused" not in [event.event_data["status"] for event in (await world.states.events(workflow_id))[-2:]]
