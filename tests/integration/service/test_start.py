"""Starting: the row first, then the workflow; one at a time a quiz; nothing lost when Temporal is away."""

import asyncio
from dataclasses import asdict
from typing import Any

import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from domain.statuses import Status
from service.errors import ActiveGeneration, KeyReused, NotPossible, TemporalUnavailable
from service.generations import GenerationService
from service.requests import MAX_QUESTIONS, GenerationRequest, options_of
from service.temporal import Temporal
from storage.tables import Quiz
from tests.integration.service.unreachable import without_temporal
from tests.integration.storage.made import make_generation
from tests.support.world import World


async def test_a_start_makes_row_and_workflow(world: World) -> None:
    """The row keeps the options, the workflow has the quiz as a search attribute; no worker is needed for either."""
    quiz = await world.quiz()
    workflow_id = await world.service.generate(quiz, GenerationRequest(7, temperature=0.5, window=3))
    row = await world.states.load(workflow_id)
    assert row is not None and (row.status, row.total_steps, row.run_id) == (Status.RUNNING, 7, None)
    options = row.state_data["options"]
    assert (options["question_count"], options["temperature"], options["window"]) == (7, 0.5, 3)
    description = await world.handle(workflow_id).describe()
    assert description.status is WorkflowExecutionStatus.RUNNING
    attributes = {pair.key.name: pair.value for pair in description.typed_search_attributes}
    assert attributes == {"McqQuizId": str(quiz.id), "McqOwnerId": str(quiz.owner_id), "McqStatus": "running"}


async def test_a_second_generation_of_a_quiz_names_the_active_one(world: World) -> None:
    """The caller learns which one to watch, resume or cancel."""
    quiz = await world.quiz()
    active = await world.service.generate(quiz, GenerationRequest(2))
    with pytest.raises(NotPossible, match=active):
        await world.service.generate(quiz, GenerationRequest(2))


async def test_of_many_starts_at_once_one_is_made(world: World) -> None:
    """A double click, or two browsers: one workflow, and everybody else is told its id."""
    quiz = await world.quiz()
    outcomes = await asyncio.gather(
        *(world.service.generate(quiz, GenerationRequest(2)) for _ in range(6)), return_exceptions=True
    )
    (workflow_id,) = [outcome for outcome in outcomes if isinstance(outcome, str)]
    refusals = [outcome for outcome in outcomes if isinstance(outcome, NotPossible)]
    assert len(refusals) == 5 and all(workflow_id in str(refusal) for refusal in refusals)


@pytest.mark.parametrize("count", [-1, 0, MAX_QUESTIONS + 1])
async def test_a_number_out_of_bounds_is_refused(world: World, count: int) -> None:
    """Nothing is written."""
    quiz = await world.quiz()
    with pytest.raises(NotPossible, match="ask for 1 to 1,000 questions"):
        await world.service.generate(quiz, GenerationRequest(count))
    assert await world.states.active(quiz.id) is None


async def test_without_temporal_the_start_is_told_within_seconds(world: World) -> None:
    """The row is there, so that the start is not lost, and does not say that anything runs."""
    quiz = await world.quiz()
    async with asyncio.timeout(8):
        with pytest.raises(TemporalUnavailable):
            await without_temporal(world).generate(quiz, GenerationRequest(2))
    assert await world.states.active(quiz.id) is None
    (status,) = await world.service.list_resumable(quiz.id)
    assert status.status is Status.FAILED and "ask again" in (status.error or "")


async def _lost_answer(world: World, quiz: Quiz, request: GenerationRequest) -> str:
    """Temporal got the start, and its answer was lost on the way; returns the workflow id."""
    with pytest.raises(TemporalUnavailable):
        await without_temporal(world).generate(quiz, request)
    row = await world.states.not_started(quiz.id)
    assert row is not None
    await world.start_workflow_of(row)
    return row.workflow_id


async def test_a_start_without_an_answer_is_found_by_the_same_request(world: World) -> None:
    """Repeated, it goes on under the same id with the options of the row; no second workflow, no row left over."""
    quiz, request = await world.quiz(), GenerationRequest(3, model="demo-model", temperature=0.25)
    with pytest.raises(TemporalUnavailable):
        await without_temporal(world).generate(quiz, request)
    workflow_id = await world.service.generate(quiz, request)
    async with world.worker():
        status = await world.until_ended(workflow_id)
    assert (status.status, status.completed) == (Status.COMPLETED, 3)
    assert [row.workflow_id for row in await world.states.newest(owner_id=quiz.owner_id, limit=9)] == [workflow_id]


async def test_a_start_whose_answer_was_lost_is_found_by_the_same_request(world: World) -> None:
    """The workflow runs although the client heard of a failure; the repetition names it and starts nothing."""
    quiz, request = await world.quiz(), GenerationRequest(3)
    workflow_id = await _lost_answer(world, quiz, request)
    run_id = (await world.handle(workflow_id).describe()).run_id
    assert await world.service.generate(quiz, request) == workflow_id
    assert (await world.handle(workflow_id).describe()).run_id == run_id
    assert (await world.service.status(workflow_id)).status is Status.RUNNING


async def test_a_start_whose_answer_was_lost_stands_in_the_way_of_another_request(world: World) -> None:
    """It runs, so the quiz is busy, and the error names it."""
    quiz = await world.quiz()
    workflow_id = await _lost_answer(world, quiz, GenerationRequest(3))
    with pytest.raises(ActiveGeneration, match=workflow_id):
        await world.service.generate(quiz, GenerationRequest(4))


async def test_a_start_that_never_arrived_is_no_obstacle_for_another_request(world: World) -> None:
    """Temporal knows nothing of it, so the quiz is free."""
    quiz = await world.quiz()
    with pytest.raises(TemporalUnavailable):
        await without_temporal(world).generate(quiz, GenerationRequest(5))
    assert (await world.service.status(await world.service.generate(quiz, GenerationRequest(6)))).total == 6


async def test_equal_requests_with_a_key_are_one_generation(world: World) -> None:
    """Fifty at once: one row, one workflow, one id for all."""
    quiz, request = await world.quiz(), GenerationRequest(3)
    ids = await asyncio.gather(*(world.service.generate(quiz, request, idempotency_key="one") for _ in range(50)))
    assert len(set(ids)) == 1
    assert len(await world.states.newest(owner_id=quiz.owner_id, limit=99)) == 1
    assert len([run async for run in world.temporal.list_workflows(f"McqQuizId = '{quiz.id}'")]) <= 1


async def test_equal_requests_without_a_key_are_one_generation_too(world: World) -> None:
    """One starts; the others hear which one stands in their way."""
    quiz, request = await world.quiz(), GenerationRequest(3)
    answers = await asyncio.gather(*(world.service.generate(quiz, request) for _ in range(20)), return_exceptions=True)
    (workflow_id,) = [answer for answer in answers if isinstance(answer, str)]
    refusals = [answer for answer in answers if isinstance(answer, ActiveGeneration)]
    assert len(refusals) == 19 and {refusal.workflow_id for refusal in refusals} == {workflow_id}


async def test_a_key_outlives_its_generation(world: World) -> None:
    """A client that lost the answer and asks again much later hears of the same generation, though it has ended."""
    quiz, request = await world.quiz(), GenerationRequest(1)
    workflow_id = await world.service.generate(quiz, request, idempotency_key="one")
    async with world.worker():
        await world.until_ended(workflow_id)
    assert await world.service.generate(quiz, request, idempotency_key="one") == workflow_id
    assert (await world.service.status(workflow_id)).status is Status.COMPLETED


async def test_a_key_belongs_to_one_request(world: World) -> None:
    """The same key with another count, or for another quiz, is a mistake of the client and changes nothing."""
    quiz, other = await world.quiz(), await world.quiz()
    await world.service.generate(quiz, GenerationRequest(1), idempotency_key="one")
    with pytest.raises(KeyReused):
        await world.service.generate(quiz, GenerationRequest(2), idempotency_key="one")
    with pytest.raises(KeyReused):
        await world.service.generate(other, GenerationRequest(1), idempotency_key="one")
    assert await world.states.active(other.id) is None


async def test_a_key_whose_start_got_no_answer_starts_it(world: World) -> None:
    """The repetition goes on with the row of the first try."""
    quiz, request = await world.quiz(), GenerationRequest(1)
    with pytest.raises(TemporalUnavailable):
        await without_temporal(world).generate(quiz, request, idempotency_key="one")
    workflow_id = await world.service.generate(quiz, request, idempotency_key="one")
    assert (await world.handle(workflow_id).describe()).status is WorkflowExecutionStatus.RUNNING
    assert len(await world.states.newest(owner_id=quiz.owner_id, limit=9)) == 1


async def test_a_repeated_start_is_one_workflow(world: World) -> None:
    """Two reconcilers find that a start never arrived; the second one's comes when the first one's is there."""
    quiz = await world.quiz()
    options = asdict(options_of(quiz, GenerationRequest(2), world.settings))
    workflow_id = await make_generation(world.states, quiz, state_data={"options": options})
    about_to_start, may_start, looks = asyncio.Event(), asyncio.Event(), 0

    async def connect() -> Client:
        nonlocal looks
        looks += 1
        if looks == 2:  # the first was to look, this one is to start
            about_to_start.set()
            await may_start.wait()
        return world.temporal

    slow = GenerationService(world.settings, world.states, world.quizzes, connect)
    second = asyncio.create_task(slow.reconcile(workflow_id))
    await about_to_start.wait()
    await world.service.reconcile(workflow_id)
    run_id = (await world.handle(workflow_id).describe()).run_id
    may_start.set()
    await second
    assert (await world.handle(workflow_id).describe()).run_id == run_id


async def test_a_workflow_that_runs_is_not_started_again(world: World) -> None:
    """Its row has no snapshot yet, for no worker has taken it up."""
    workflow_id = await world.start(2)
    run_id = (await world.handle(workflow_id).describe()).run_id
    await world.service.reconcile(workflow_id)
    assert (await world.handle(workflow_id).describe()).run_id == run_id


async def test_a_start_that_was_refused_is_started_by_its_repetition(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Temporal lacked something, such as our search attributes: who mends that and repeats the request has a run."""
    quiz, request, start = await world.quiz(), GenerationRequest(2), Temporal.start
    refusals = [NotPossible("Temporal refuses: run mcq migrate")] * 2

    async def refuse(self: Temporal, *args: Any, **kwargs: Any) -> None:
        if refusals:
            raise refusals.pop()
        await start(self, *args, **kwargs)

    monkeypatch.setattr(Temporal, "start", refuse)
    for _ in range(2):
        with pytest.raises(NotPossible, match="mcq migrate"):
            await world.service.generate(quiz, request, idempotency_key="one")
    workflow_id = await world.service.generate(quiz, request, idempotency_key="one")
    assert workflow_id == await world.service.generate(quiz, request, idempotency_key="one")
    async with world.worker():
        await world.assert_complete(workflow_id, 2)
