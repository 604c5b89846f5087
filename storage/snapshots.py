"""What one write of the mirror is: the snapshot as stored, what may become of it, its questions, its event."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from domain.pace import Pace
from domain.question import question_id
from domain.review import ReviewStatus
from domain.statuses import Status
from storage.tables import ModelCall, QuestionRow, WorkflowEvent, metadata, now

# LISTEN on this channel to hear of a new event; the payload is the id of the quiz.
CHANNEL = "mcq_progress"


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


async def write_questions(
    connection: AsyncConnection, quiz_id: uuid.UUID, write: StateWrite, replaces: str | None
) -> None:
    """Upsert the questions of a snapshot by id, from the stored answers that it names.

    `replaces` is the option of the start: the id of the question in whose place these were asked for.
    """
    if not write.questions:
        return
    wanted = {(slot, step, attempt) for slot, step, attempt in write.questions}
    calls = await connection.execute(
        select(metadata.tables["model_call"]).where(
            col(ModelCall.workflow_id) == write.workflow_id,
            col(ModelCall.slot).in_({slot for slot, _, _ in wanted}),
        )
    )
    found = {(call.slot, call.step, call.attempt): call for call in calls}
    replaced = uuid.UUID(replaces) if replaces else None
    rows = []
    for key in sorted(wanted):
        call = found[key]
        rows.append(
            {
                "id": question_id(write.workflow_id, call.slot),
                "quiz_id": quiz_id,
                "workflow_id": write.workflow_id,
                "slot": call.slot,
                **call.question,
                "flaws": [flaw["rule"] for flaw in call.flaws],
                "model": call.model,
                "prompt_version": call.prompt_version,
                "prompt_tokens": call.prompt_tokens,
                "completion_tokens": call.completion_tokens,
                "cost": call.cost,
                "review_status": ReviewStatus.UNREVIEWED,
                "review_reason": None,
                "review_comment": None,
                "replaces_id": replaced,
                "edited_at": None,
                "created_at": call.created_at,
                "updated_at": now(),
            }
        )
    statement = insert(QuestionRow)
    # With `created_at`, by which the answer is known again, and with what people did: it was to the old one.
    overwrite = {name: statement.excluded[name] for name in rows[0] if name != "id"}
    written = await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["id"],
            set_=overwrite,
            # A repeated write must not undo a teacher's edit of the same answer.
            where=col(QuestionRow.created_at) != statement.excluded.created_at,
        ),
        rows,
        execution_options={"preserve_rowcount": True},
    )
    # Nor hide the replaced question again that a teacher brought back.
    if replaced is not None and written.rowcount > 0:
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
    outsiders: dict[str, Any] = {"stalled": None}
    if write.status is not Status.RUNNING:
        outsiders["pause_requested"] = None
    return {**outsiders, "pace": {"questions": round(pace.questions, 3), "seconds": round(pace.seconds, 3)}}


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
        insert(WorkflowEvent)
        .values(
            workflow_state_id=state_id,
            run_id=run_id,
            sequence=sequence,
            event_type=kind,
            event_data=dict(data),
            created_at=now(),
        )
        .on_conflict_do_nothing()
    )
    await connection.execute(text("SELECT pg_notify(:c, :q)"), {"c": CHANNEL, "q": str(quiz_id)})


async def write_outside_event(
    connection: AsyncConnection, state_id: uuid.UUID, quiz_id: uuid.UUID, kind: EventType, data: Mapping[str, Any]
) -> None:
    """The same for what no run wrote: a start, a request, a finding of the reconciler."""
    await write_event(connection, state_id, quiz_id, run_id=f"outside-{uuid.uuid4()}", sequence=0, kind=kind, data=data)
