"""Reading needs PostgreSQL alone."""

from datetime import timedelta

import pytest

from domain.statuses import Status
from storage.tables import now
from tests.integration.service.unreachable import never_connecting
from tests.integration.storage.made import make_generation, pay, save
from tests.support.world import World


async def test_every_look_does_without_temporal(world: World) -> None:
    """Status, lists and questions, for a generation in the middle of its work."""
    quiz = await world.quiz()
    workflow_id = await make_generation(world.states, quiz)
    await save(world.states, workflow_id, 5, status=Status.PAUSED, questions=await pay(world.calls, workflow_id, 0))
    service = never_connecting(world)
    status = await service.status(workflow_id)
    assert (status.completed, status.total, status.percentage, status.can_resume) == (5, 20, 25.0, True)
    assert await service.list_resumable(quiz.id) == await service.newest(quiz.owner_id, 5) == [status]
    assert [question.slot for question in await service.questions(workflow_id)] == [0]


@pytest.mark.parametrize("status", Status)
async def test_what_can_be_resumed(world: World, status: Status) -> None:
    """Paused, failed and cancelled ones."""
    workflow_id = await make_generation(world.states, await world.quiz(), status=status)
    expected = status in (Status.PAUSED, Status.FAILED, Status.CANCELLED)
    assert (await world.service.status(workflow_id)).can_resume is expected


async def test_waiting_for_the_provider_is_part_of_it(world: World) -> None:
    """How many slots, since when the longest, and when the next one tries; nobody waits in a pause."""
    workflow_id = await make_generation(world.states, await world.quiz())
    moment = now()
    for slot, since, retry in ((0, 2, 30), (1, 5, 20)):
        await world.calls.wait_for_provider(
            workflow_id, slot, f"reason {slot}", moment - timedelta(minutes=since), moment + timedelta(seconds=retry)
        )
    waiting = (await world.service.status(workflow_id)).waiting
    assert waiting is not None
    assert (waiting.slots, waiting.reason) == (2, "reason 1")
    assert (waiting.since, waiting.retry_at) == (moment - timedelta(minutes=5), moment + timedelta(seconds=20))
    await save(world.states, workflow_id, 1, status=Status.PAUSED)
    assert (await world.service.status(workflow_id)).waiting is None


async def test_a_generation_that_no_worker_took_up_yet(world: World) -> None:
    """Zeros, not errors."""
    status = await world.service.status(await make_generation(world.states, await world.quiz()))
    assert (status.completed, status.percentage, status.current_node, status.cost) == (0, 0.0, None, 0.0)
