"""What the views say of real rows."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.statuses import Status
from storage.quizzes import QuizStore
from storage.tables import Quiz
from storage.views import (
    ActiveGenerations,
    RecoveryEffectiveness,
    active_generations,
    active_workflows,
    recovery_effectiveness,
)
from storage.workflow_states import WorkflowStateStore
from tests.integration.storage.made import make_generation, query, save

TYPE = "QuizGenerationWorkflow"


class Rows:
    """Makes generations, each on a quiz of its own: one quiz has one active generation."""

    def __init__(self, states: WorkflowStateStore, quizzes: QuizStore) -> None:
        self._states = states
        self._quizzes = quizzes

    async def make(self, *statuses: Status, completed: int = 0, **changes: object) -> None:
        """One generation for each status."""
        owner = await self._quizzes.local_owner()
        for status in statuses:
            quiz = await self._quizzes.create(Quiz(owner_id=owner, title="A quiz"), [])
            await make_generation(self._states, quiz, status=status, completed_steps=completed, **changes)


@pytest.fixture
def rows(states: WorkflowStateStore, quizzes: QuizStore) -> Rows:
    """Rows as the service writes them."""
    return Rows(states, quizzes)


async def test_without_generations_the_views_are_empty(engine: AsyncEngine) -> None:
    """No row, and no division by nothing."""
    assert await active_generations(engine) == []
    assert await recovery_effectiveness(engine) == []


async def test_active_generations_by_status_with_mean_progress(engine: AsyncEngine, rows: Rows) -> None:
    """Running and paused ones apart; those that ended are not active."""
    await rows.make(Status.RUNNING, completed=5, total_steps=20)
    await rows.make(Status.RUNNING, completed=3, total_steps=4)
    await rows.make(Status.PAUSED, completed=1, total_steps=8)
    await rows.make(Status.COMPLETED, Status.FAILED, Status.CANCELLED, completed=20)
    assert await active_generations(engine) == [
        ActiveGenerations(TYPE, Status.PAUSED, 1, 12.5),
        ActiveGenerations(TYPE, Status.RUNNING, 2, 50.0),
    ]


async def test_a_generation_of_nothing_is_done(engine: AsyncEngine, rows: Rows) -> None:
    """As everywhere: no question asked for means all of them are there."""
    await rows.make(Status.RUNNING, total_steps=0)
    assert [row.mean_progress_percent for row in await active_generations(engine)] == [100.0]


async def test_active_workflows_are_counted_by_type(engine: AsyncEngine, rows: Rows) -> None:
    """All that are active, whatever their status; a known type without any is 0 and not missing."""
    await rows.make(Status.RUNNING, Status.RUNNING, Status.PAUSED, Status.COMPLETED)
    await rows.make(Status.RUNNING, workflow_type="Another")
    assert await active_workflows(engine, TYPE, "Third") == {TYPE: 3, "Another": 1, "Third": 0}


async def test_an_end_makes_a_generation_inactive(engine: AsyncEngine, states: WorkflowStateStore, quiz: Quiz) -> None:
    """The view is read at each question: nothing has to be taken back."""
    workflow_id = await make_generation(states, quiz)
    assert await active_workflows(engine, TYPE) == {TYPE: 1}
    await save(states, workflow_id, 1, status=Status.COMPLETED)
    assert await active_workflows(engine, TYPE) == {TYPE: 0}


async def test_recovery_effectiveness_by_resumes(engine: AsyncEngine, rows: Rows) -> None:
    """How many ended how; the percentage is of those that have ended, and empty while none has."""
    await rows.make(*[Status.COMPLETED] * 3, Status.FAILED, Status.RUNNING)
    await rows.make(Status.COMPLETED, Status.CANCELLED, Status.PAUSED, retry_count=1)
    await rows.make(Status.RUNNING, retry_count=2)
    assert await recovery_effectiveness(engine) == [
        RecoveryEffectiveness(0, 5, completed=3, failed=1, cancelled=0, open=1, completed_percent=75.0),
        RecoveryEffectiveness(1, 3, completed=1, failed=0, cancelled=1, open=1, completed_percent=50.0),
        RecoveryEffectiveness(2, 1, completed=0, failed=0, cancelled=0, open=1, completed_percent=None),
    ]


async def test_a_resume_after_an_end_moves_a_generation(
    engine: AsyncEngine, states: WorkflowStateStore, quiz: Quiz
) -> None:
    """From those that were never resumed to those that were once; it is counted in one place."""
    workflow_id = await make_generation(states, quiz)
    await states.mark_failed(workflow_id, "why")
    await states.reopen(workflow_id)
    await save(states, workflow_id, 1, run_id="run-2", status=Status.COMPLETED)
    (row,) = await recovery_effectiveness(engine)
    assert (row.retry_count, row.generations, row.completed) == (1, 1, 1)


def test_the_views_say_what_they_are(database_url: str) -> None:
    """To somebody who meets them in psql."""
    comments = query(
        database_url,
        "SELECT relname, obj_description(oid, 'pg_class') FROM pg_class"
        " WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace ORDER BY 1",
    )
    assert [name for name, _ in comments] == ["active_generations", "recovery_effectiveness"]
    assert all(comment and comment.endswith(".") for _, comment in comments)
