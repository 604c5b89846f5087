"""Generations, snapshots and answers for tests of the stores."""

from typing import Any

import psycopg

from domain.statuses import Status
from storage.model_calls import ModelCallStore
from storage.snapshots import Fence, StateWrite
from storage.tables import ModelCall, Quiz, WorkflowState
from storage.workflow_states import WorkflowStateStore
from workflows.ids import new_generation_id

TOTAL = 20
RUN = "run-1"
# How many of a database's clients wait for each other.
LOCK_WAITS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def query(database_url: str, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
    """Rows as another client of the database sees them."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        cursor = connection.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []


async def make_generation(states: WorkflowStateStore, quiz: Quiz, **changes: Any) -> str:
    """The row that a start writes; returns its workflow id."""
    fields: dict[str, Any] = {
        "workflow_id": str(new_generation_id(quiz.id)),
        "workflow_type": "QuizGenerationWorkflow",
        "quiz_id": quiz.id,
        "status": Status.RUNNING,
        "total_steps": TOTAL,
        "state_data": {"options": {"model": "demo-model"}},
        **changes,
    }
    return (await states.create(WorkflowState(**fields))).workflow_id


def snapshot(workflow_id: str, sequence: int, **changes: Any) -> StateWrite:
    """What the mirror writes; as many questions are completed as the sequence says.

    A generation that is completed was asked for no more questions than it brings.
    """
    fields: dict[str, Any] = {
        "workflow_id": workflow_id,
        "run_id": RUN,
        "sequence": sequence,
        "status": Status.RUNNING,
        "current_node": "write_questions",
        "completed": sequence,
        "total": TOTAL,
        "state_data": {"calls": sequence},
        "checkpoint_data": {"slots": f"0-{sequence}"},
        "error_message": None,
        "questions": [],
        **changes,
    }
    if fields["status"] == Status.COMPLETED:
        fields = {**fields, "total": len(fields["questions"]), **changes}
    return StateWrite(**fields)


async def current() -> bool:
    """Temporal calls the writing run the current one."""
    return True


async def not_current() -> bool:
    """Temporal knows a newer run."""
    return False


async def never_asked() -> bool:
    """Temporal must not be asked."""
    raise AssertionError("Temporal was asked for the current run")


async def save(states: WorkflowStateStore, workflow_id: str, sequence: int, **changes: Any) -> Fence:
    """Write a snapshot of the current run."""
    return await states.save(snapshot(workflow_id, sequence, **changes), current)


def answer(workflow_id: str, slot: int, attempt: int = 0, *, stem: str | None = None, **changes: Any) -> ModelCall:
    """A stored answer of the model that is a question."""
    stem = stem or f"What is {slot} in answer {attempt}?"
    fields: dict[str, Any] = {
        "workflow_id": workflow_id,
        "slot": slot,
        "step": "draft",
        "attempt": attempt,
        "chunk_id": 1,
        "raw": "{}",
        "question": {
            "stem": stem,
            "options": [{"text": "A", "why_wrong": ""}, {"text": "B", "why_wrong": "No."}],
            "key": 0,
            "explanation": "So it is.",
            "difficulty": "easy",
            "bloom": "remember",
            "source": {"document": "a.md", "chunk": 1, "start": 0, "end": 3, "quote": "abc"},
        },
        "flaws": [{"rule": "long-stem", "severity": "info", "detail": "Too long."}],
        "model": "demo-model",
        "prompt_version": "1",
        "prompt_tokens": 100,
        "completion_tokens": 50,
        "cost": 0.5,
        **changes,
    }
    return ModelCall(**fields)


async def pay(calls: ModelCallStore, workflow_id: str, *slots: int, attempt: int = 0) -> list[tuple[int, str, int]]:
    """Store an answer for each slot; returns them as a snapshot names them."""
    for slot in slots:
        await calls.record(answer(workflow_id, slot, attempt))
    return [(slot, "draft", attempt) for slot in slots]
