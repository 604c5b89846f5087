"""A quiz has one active generation at most, whoever asks and however often."""

import asyncio

import pytest
from sqlalchemy.exc import IntegrityError

from domain.statuses import Status
from storage.quizzes import QuizStore
from storage.starts import ActiveGenerationExists
from storage.tables import Quiz
from storage.workflow_states import WorkflowStateStore
from tests.integration.storage.made import make_generation


@pytest.mark.parametrize("status", [Status.RUNNING, Status.PAUSED])
async def test_an_active_generation_keeps_others_out(states: WorkflowStateStore, quiz: Quiz, status: Status) -> None:
    """Running and paused ones occupy the quiz."""
    await make_generation(states, quiz, status=status)
    with pytest.raises(ActiveGenerationExists):
        await make_generation(states, quiz)


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.FAILED, Status.CANCELLED])
async def test_an_ended_one_does_not(states: WorkflowStateStore, quiz: Quiz, status: Status) -> None:
    """Any number of them may lie there."""
    await make_generation(states, quiz, status=status)
    await make_generation(states, quiz, status=status)
    workflow_id = await make_generation(states, quiz)
    active = await states.active(quiz.id)
    assert active is not None and active.workflow_id == workflow_id


async def test_of_many_at_once_one_wins(states: WorkflowStateStore, quiz: Quiz) -> None:
    """The database decides, so that two processes cannot both believe they were first."""
    outcomes = await asyncio.gather(*(make_generation(states, quiz) for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(outcome, str) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, ActiveGenerationExists) for outcome in outcomes) == 7


async def test_another_quiz_is_free(states: WorkflowStateStore, quizzes: QuizStore, quiz: Quiz) -> None:
    """The limit is for a quiz, not for a teacher."""
    other = await quizzes.create(Quiz(owner_id=quiz.owner_id, title="Another"), [])
    await make_generation(states, quiz)
    await make_generation(states, other)


async def test_another_conflict_is_not_mistaken_for_it(states: WorkflowStateStore, quiz: Quiz) -> None:
    """The same workflow id twice is another error."""
    workflow_id = await make_generation(states, quiz, status=Status.FAILED)
    with pytest.raises(IntegrityError, match="uq_workflow_state_workflow_id"):
        await make_generation(states, quiz, workflow_id=workflow_id)


async def test_reopening_is_kept_out_too(states: WorkflowStateStore, quiz: Quiz) -> None:
    """An ended generation cannot come back beside an active one; it stays as it was."""
    ended = await make_generation(states, quiz, status=Status.FAILED, error_message="why")
    await make_generation(states, quiz)
    with pytest.raises(ActiveGenerationExists):
        await states.reopen(ended)
    row = await states.load(ended)
    assert row is not None and (row.status, row.error_message, row.retry_count) == (Status.FAILED, "why", 0)
