"""What one write of the mirror is: the snapshot as stored, what may become of it, its questions, its event."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, text, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from domain.pace import Pace
from domain.question import question_id
from domain.review import ReviewStatus
from domain.statuses import Status
from storage.tables import QuestionRow, WorkflowState, now

# LISTEN on this channel to hear of a new event; the payload is the id of the quiz.
CHANNEL = "mcq_progress"

# In `state_data` of a row whose start got no answer from Temporal: nobody knows yet whether a workflow runs.
UNANSWERED = "start_unanswered"
# The same once Temporal has been asked: none runs. Whoever repeats the request still wants it.
NEVER_ARRIVED = "start_never_arrived"


class RunChanged(Exception):
    """Another run took the row over between two looks at it; trying again settles it."""


class EventType(StrEnum):
    """Kinds of `workflow_event`."""

    # The status changed.
    STATE_CHANGE = "state_change"
    # Progress within `running`.
    CHECKPOINT = "checkpoint"
    # The generation failed or paused itself with a reason.
    ERROR = "error"
    # Another run took the row over: continue-as-new, reset, or a resume after an end.
    RECOVERY = "recovery"
    # All questions exist.
    COMPLETED = "completed"


class Fence(StrEnum):
    """What became of a snapshot."""

    ACCEPTED = "accepted"
    # An equal or newer snapshot of the same run is there already; a repeated write lands here.
    STALE = "stale"
    # It came from a run that Temporal no longer calls current.
    OTHER_RUN = "other_run"
    # The row was deleted with its quiz; nobody waits for it.
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class StateWrite:
    """One snapshot as stored: `questions` are (slot, step, attempt) of stored answers."""

    workflow_id: str
    run_id: str
    sequence: int
    status: Status
    current_node: str
    completed: int
    total: int
    state_data: Mapping[str, Any]
    checkpoint_data: Mapping[str, Any]
    error_message: str | None
    questions: Sequence[tuple[int, str, int]]


# From the stored answers into the questions, without the texts passing through this process. The fields of a stored
# question are those of `writing/reading.py`. A repeated write changes nothing, or it would undo a teacher's edit of the
# same answer (which is known again by `created_at`); another answer also ends what people did to the old one.
_WRITE_QUESTIONS = text("""
WITH wanted AS (
  SELECT w.id, c.* FROM unnest(:ids ::uuid[], :slots ::int[], :steps ::text[], :attempts ::int[])
                        AS w (id, slot, step, attempt)
  JOIN model_call c ON c.workflow_id = :workflow_id AND (c.slot, c.step, c.attempt) = (w.slot, w.step, w.attempt)
), written AS (
  INSERT INTO question AS old (id, quiz_id, workflow_id, slot, stem, options, key, explanation, difficulty, bloom,
    source, flaws, model, prompt_version, prompt_tokens, completion_tokens, cost, review_status, replaces_id,
    created_at, updated_at)
  SELECT id, :quiz_id, workflow_id, slot, question->>'stem', question->'options', (question->>'key')::int,
    question->>'explanation', question->>'difficulty', question->>'bloom', question->'source',
    jsonb_path_query_array(flaws, '$[*].rule'), model, prompt_version, prompt_tokens, completion_tokens, cost,
    :unreviewed, :replaces, created_at, now()
  FROM wanted ORDER BY slot
  ON CONFLICT (id) DO UPDATE SET
    (quiz_id, workflow_id, slot, stem, options, key, explanation, difficulty, bloom, source, flaws, model,
     prompt_version, prompt_tokens, completion_tokens, cost, review_status, review_reason, review_comment, replaces_id,
     edited_at, created_at, updated_at) =
    (excluded.quiz_id, excluded.workflow_id, excluded.slot, excluded.stem, excluded.options, excluded.key,
     excluded.explanation, excluded.difficulty, excluded.bloom, excluded.source, excluded.flaws, excluded.model,
     excluded.prompt_version, excluded.prompt_tokens, excluded.completion_tokens, excluded.cost,
     excluded.review_status, NULL, NULL, excluded.replaces_id, NULL, excluded.created_at, excluded.updated_at)
  WHERE old.created_at <> excluded.created_at
  RETURNING 1
)
SELECT (SELECT count(*) FROM wanted), (SELECT count(*) FROM written)
""")


class AnswerMissing(Exception):
    """A snapshot names an answer that is not stored: nothing of the snapshot may be written."""


async def write_questions(
    connection: AsyncConnection, quiz_id: uuid.UUID, write: StateWrite, replaces: str | None
) -> None:
    """Upsert the questions of a snapshot by id, from the stored answers that it names; raises AnswerMissing.

    `replaces` is the option of the start: the id of the question in whose place these were asked for.
    """
    if not write.questions:
        return
    wanted = sorted(set(write.questions))
    replaced = uuid.UUID(replaces) if replaces else None
    values = {
        "ids": [question_id(write.workflow_id, slot) for slot, _, _ in wanted],
        "slots": [slot for slot, _, _ in wanted],
        "steps": [step for _, step, _ in wanted],
        "attempts": [attempt for _, _, attempt in wanted],
        "workflow_id": write.workflow_id,
        "quiz_id": quiz_id,
        "unreviewed": ReviewStatus.UNREVIEWED,
        "replaces": replaced,
    }
    found, written = (await connection.execute(_WRITE_QUESTIONS, values)).one()
    if found != len(wanted):
        raise AnswerMissing(f"{len(wanted) - found} of {len(wanted)} answers of {write.workflow_id} are not stored")
    # Nor hide the replaced question again that a teacher brought back.
    if replaced is not None and written:
        await connection.execute(
            update(QuestionRow)
            .where(col(QuestionRow.id) == replaced, col(QuestionRow.quiz_id) == quiz_id)
            # Reason and comment stay: they tell why it was replaced.
            .values(review_status=ReviewStatus.REPLACED, updated_at=now())
        )


def event_type(write: StateWrite, *, recovers: bool, before: str) -> EventType:
    """What a snapshot is in the log; `before` is the status that the row had."""
    if write.status is Status.COMPLETED:
        return EventType.COMPLETED
    if write.error_message:
        return EventType.ERROR
    if recovers:
        return EventType.RECOVERY
    return EventType.STATE_CHANGE if write.status != before else EventType.CHECKPOINT


def measured(row: Row[*tuple[Any, ...]], write: StateWrite, moment: datetime) -> dict[str, Any]:
    """What a snapshot adds to the row's `state_data`, beside its own: the pace, and an end to what outsiders noted.

    Only time in which questions were being written counts: a run's own, from one `running` snapshot to the next.
    """
    pace = Pace(**(row.pace or {}))
    if row.status == Status.RUNNING and row.run_id in (write.run_id, None):
        pace = pace.after(write.completed - row.completed_steps, (moment - row.updated_at).total_seconds())
    # A run that tells is a start that arrived.
    outsiders: dict[str, Any] = {"stalled": None, UNANSWERED: False, NEVER_ARRIVED: False}
    if write.status is not Status.RUNNING:
        outsiders["pause_requested"] = None
    return {**outsiders, "pace": {"questions": round(pace.questions, 3), "seconds": round(pace.seconds, 3)}}


_WRITE_EVENT = text("""
WITH written AS (
  INSERT INTO workflow_event (workflow_state_id, run_id, sequence, event_type, event_data, created_at)
  VALUES (:state_id, :run_id, :sequence, :kind, :data ::jsonb, clock_timestamp()) ON CONFLICT DO NOTHING
)
SELECT pg_notify(:channel, :quiz_id)
""")


async def write_event(
    connection: AsyncConnection,
    state_id: uuid.UUID,
    quiz_id: uuid.UUID,
    *,
    run_id: str,
    sequence: int,
    kind: EventType,
    data: Mapping[str, Any],
) -> None:
    """Add to a generation's log and wake whoever listens. The caller holds the lock of the generation's row."""
    await connection.execute(
        _WRITE_EVENT,
        {
            "state_id": state_id,
            "run_id": run_id,
            "sequence": sequence,
            "kind": kind,
            "data": json.dumps(data),
            "channel": CHANNEL,
            "quiz_id": str(quiz_id),
        },
    )


# Of a row that was changed from outside, for its event.
OUTSIDE = (
    col(WorkflowState.id),
    col(WorkflowState.quiz_id),
    col(WorkflowState.completed_steps),
    col(WorkflowState.total_steps),
)


async def write_outside_event(
    connection: AsyncConnection, row: Row[*tuple[Any, ...]], kind: EventType, status: Status, **more: Any
) -> None:
    """The same for what no run wrote: a start, a finding of the reconciler. The row has OUTSIDE's columns."""
    data = {"status": status, "completed": row.completed_steps, "total": row.total_steps, "slots": [], **more}
    run_id = f"outside-{uuid.uuid4()}"
    await write_event(connection, row.id, row.quiz_id, run_id=run_id, sequence=0, kind=kind, data=data)
