"""A request to resume what can be resumed, with an `Idempotency-Key`: repeated, it is done, and once."""

import asyncio

import pytest
from sqlalchemy import text

from domain.statuses import Status
from service.errors import ActiveGeneration, KeyReused, TemporalUnavailable
from service.generations import GenerationService
from service.requests import GenerationRequest
from storage.tables import Quiz
from storage.workflow_states import WorkflowStateStore
from tests.integration.service.unreachable import losing_temporal, without_temporal
from tests.integration.storage.made import save
from tests.support.world import World
from workflows.messages import FINISH

KEY = "the teacher's"
ASKED = GenerationRequest(3)


async def _resume(service: GenerationService, quiz: Quiz) -> str:
    return await service.resume_or_generate(quiz, ASKED, idempotency_key=KEY)


async def _ended(world: World, quiz: Quiz, how: Status) -> str:
    """A generation without a worker that is paused, or ended so."""
    workflow_id = await world.service.generate(quiz, ASKED)
    if how is Status.PAUSED:
        await world.handle(workflow_id).signal("pause")
    else:
        await world.handle(workflow_id).terminate("for the test")
    run_id = (await world.handle(workflow_id).describe()).run_id
    await save(world.states, workflow_id, 1, run_id=run_id, status=how, completed=0, total=3, current_node=FINISH)
    return workflow_id


@pytest.mark.parametrize("how", [Status.PAUSED, Status.FAILED, Status.CANCELLED])
@pytest.mark.parametrize("finds_it", [0, 1])
async def test_a_resume_that_temporal_did_not_answer_is_done_by_its_repetition(
    world: World, how: Status, finds_it: int
) -> None:
    """However far it came: the client heard 503, asks again, and it is so."""
    quiz = await world.quiz()
    workflow_id = await _ended(world, quiz, how)
    service = losing_temporal(world, after=finds_it) if finds_it else without_temporal(world)
    with pytest.raises(TemporalUnavailable):
        await _resume(service, quiz)
    assert await _resume(world.service, quiz) == workflow_id
    async with world.worker():
        await world.assert_complete(workflow_id, 3)


async def test_a_repetition_of_what_was_done_does_nothing_again(world: World) -> None:
    """The teacher has cancelled since: a late copy of the request does not undo that."""
    quiz = await world.quiz()
    workflow_id = await _ended(world, quiz, Status.PAUSED)
    async with world.worker(workflow_window=1):
        assert await _resume(world.service, quiz) == workflow_id
        await world.service.cancel(workflow_id)
        await world.until_closed(workflow_id)
        assert await _resume(world.service, quiz) == workflow_id
        assert (await world.service.status(workflow_id)).status is Status.CANCELLED


async def test_equal_requests_at_once_have_one_answer(world: World) -> None:
    """One resumes, the others find its key."""
    quiz = await world.quiz()
    workflow_id = await _ended(world, quiz, Status.FAILED)
    assert set(await asyncio.gather(*(_resume(world.service, quiz) for _ in range(5)))) == {workflow_id}
    async with world.worker():
        await world.assert_complete(workflow_id, 3)


async def test_one_that_completes_meanwhile_is_the_answer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was asked for is there: nobody pays for it twice. So says every repetition."""
    quiz = await world.quiz()
    workflow_id = await _ended(world, quiz, Status.PAUSED)
    remember = WorkflowStateStore.remember

    async def completed_after(self: WorkflowStateStore, *noted: object, **how: bool) -> None:
        await remember(self, *noted, **how)  # type: ignore[arg-type]
        async with world.engine.begin() as connection:
            completed = "UPDATE workflow_state SET status = 'completed', completed_at = now() WHERE workflow_id = :id"
            await connection.execute(text(completed), {"id": workflow_id})

    with monkeypatch.context() as patched:
        patched.setattr(WorkflowStateStore, "remember", completed_after)
        assert await _resume(world.service, quiz) == workflow_id
    assert await _resume(world.service, quiz) == workflow_id


async def test_another_active_one_is_told_each_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal is not remembered as if it were done."""
    quiz = await world.quiz()
    await _ended(world, quiz, Status.FAILED)
    remember = WorkflowStateStore.remember

    async def beaten(self: WorkflowStateStore, *noted: object, **how: bool) -> None:
        await remember(self, *noted, **how)  # type: ignore[arg-type]
        await world.service.generate(quiz, GenerationRequest(1))

    with monkeypatch.context() as patched:
        patched.setattr(WorkflowStateStore, "remember", beaten)
        with pytest.raises(ActiveGeneration):
            await _resume(world.service, quiz)
    with pytest.raises(ActiveGeneration):
        await _resume(world.service, quiz)


async def test_the_key_of_another_request_is_refused(world: World) -> None:
    """Whether that was done or not."""
    quiz = await world.quiz()
    await _ended(world, quiz, Status.PAUSED)
    assert await _resume(world.service, quiz)
    with pytest.raises(KeyReused):
        await world.service.resume_or_generate(quiz, GenerationRequest(4), idempotency_key=KEY)


async def test_a_repetition_beside_another_active_one_is_no_promise(world: World) -> None:
    """The first try got 503, and somebody has started another generation since: 409, until that has ended."""
    quiz = await world.quiz()
    workflow_id = await _ended(world, quiz, Status.FAILED)
    with pytest.raises(TemporalUnavailable):
        await _resume(without_temporal(world), quiz)
    other = await world.service.generate(quiz, GenerationRequest(1))
    for start in (world.service.resume_or_generate, world.service.generate):
        with pytest.raises(ActiveGeneration, match=other):
            await start(quiz, ASKED, idempotency_key=KEY)
    await world.handle(other).terminate("for the test")
    await world.service.reconcile(other)
    assert await _resume(world.service, quiz) == workflow_id
    assert (await world.service.status(workflow_id)).status is Status.RUNNING


async def test_a_resume_that_was_done_but_not_answered_is_not_done_again(world: World) -> None:
    """Its repetition notes that it is done; a late copy after a pause finds that."""
    quiz = await world.quiz()
    workflow_id = await _ended(world, quiz, Status.PAUSED)
    with pytest.raises(TemporalUnavailable):
        await _resume(without_temporal(world), quiz)
    async with world.worker(workflow_window=1):
        world.demo.fault("stall", match=workflow_id)
        await world.service.resume(workflow_id)  # as the first try did, whose answer was lost
        assert await _resume(world.service, quiz) == workflow_id
        await world.service.cancel(workflow_id)
        await world.until_closed(workflow_id)
        assert await _resume(world.service, quiz) == workflow_id
        assert (await world.service.status(workflow_id)).status is Status.CANCELLED
