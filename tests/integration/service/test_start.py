"""Starting: the row first, then the workflow; one at a time a quiz; nothing lost when Temporal is away."""

import asyncio

import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from domain.statuses import Status
from service.errors import NotPossible, TemporalUnavailable
from service.generations import MAX_QUESTIONS, GenerationRequest, GenerationService
from tests.integration.service.unreachable import without_temporal
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
    """The row is there, so that the start is not lost."""
    quiz = await world.quiz()
    async with asyncio.timeout(8):
        with pytest.raises(TemporalUnavailable):
            await without_temporal(world).generate(quiz, GenerationRequest(2))
    row = await world.states.active(quiz.id)
    assert row is not None and (row.status, row.run_id) == (Status.RUNNING, None)


async def test_a_start_that_never_arrived_is_made_up_for(world: World) -> None:
    """The reconciler starts the workflow with the options of the row, once, under the same id."""
    quiz = await world.quiz()
    with pytest.raises(TemporalUnavailable):
        await without_temporal(world).generate(quiz, GenerationRequest(3, model="demo-model", temperature=0.25))
    row = await world.states.active(quiz.id)
    assert row is not None
    await asyncio.gather(*(world.service.reconcile(row.workflow_id) for _ in range(3)))
    async with world.worker():
        status = await world.until_ended(row.workflow_id)
    assert (status.status, status.completed) == (Status.COMPLETED, 3)


async def test_a_repeated_start_is_one_workflow(world: World) -> None:
    """Two reconcilers find that a start never arrived; the second one's comes when the first one's is there."""
    quiz = await world.quiz()
    with pytest.raises(TemporalUnavailable):
        await without_temporal(world).generate(quiz, GenerationRequest(2))
    row = await world.states.active(quiz.id)
    assert row is not None
    about_to_start, may_start, looks = asyncio.Event(), asyncio.Event(), 0

    async def connect() -> Client:
        nonlocal looks
        looks += 1
        if looks == 2:  # the first was to look, this one is to start
            about_to_start.set()
            await may_start.wait()
        return world.temporal

    slow = GenerationService(world.settings, world.states, world.quizzes, connect)
    second = asyncio.create_task(slow.reconcile(row.workflow_id))
    await about_to_start.wait()
    await world.service.reconcile(row.workflow_id)
    run_id = (await world.handle(row.workflow_id).describe()).run_id
    may_start.set()
    await second
    assert (await world.handle(row.workflow_id).describe()).run_id == run_id


async def test_a_workflow_that_runs_is_not_started_again(world: World) -> None:
    """Its row has no snapshot yet, for no worker has taken it up."""
    workflow_id = await world.start(2)
    run_id = (await world.handle(workflow_id).describe()).run_id
    await world.service.reconcile(workflow_id)
    assert (await world.handle(workflow_id).describe()).run_id == run_id
