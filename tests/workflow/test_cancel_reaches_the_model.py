"""A cancel does not leave calls running that somebody pays for."""

from pathlib import Path

import pytest

import worker
from activities import heartbeat
from domain.statuses import Status
from tests.support.demo import DemoModel
from tests.support.waiting import until
from tests.support.world import World, beating
from workflows.question_graph import NODE_HEARTBEAT_TIMEOUT


async def test_a_cancel_hangs_up_on_the_model_with_the_next_beat(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The activity hears of the cancel with its next heartbeat and drops the call; the model sees the client go."""
    # The mechanism, sped up; the test below is about the real numbers.
    monkeypatch.setattr(heartbeat, "INTERVAL", 1.0)
    monkeypatch.setattr(worker, "HEARTBEAT_INTERVAL", 1.0)
    with DemoModel(tmp_path, latency="100") as slow:

        async def outcomes() -> list[str]:
            return [call["outcome"] for call in slow.calls(workflow_id)]

        workflow_id = await world.start(2)
        async with world.worker(openai_base_url=slow.url):
            await until(lambda: beating(world.handle(workflow_id)), lambda count: count == 2)
            assert (await world.service.cancel(workflow_id)).status is Status.CANCELLED
            await until(outcomes, lambda seen: seen == ["client_gone"] * 2, NODE_HEARTBEAT_TIMEOUT.total_seconds())


async def test_several_beats_fit_into_the_heartbeat_timeout(world: World) -> None:
    """The SDK may hold beats back no longer than ours are apart, or one late beat would end a healthy call."""
    held_back = worker.build_worker(world.temporal, world.settings).config()["max_heartbeat_throttle_interval"]
    assert held_back.total_seconds() <= heartbeat.INTERVAL
    assert NODE_HEARTBEAT_TIMEOUT.total_seconds() >= 4 * heartbeat.INTERVAL
