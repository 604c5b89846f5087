"""What one write of the mirror is: the snapshot as stored, what may become of it, its questions, its event."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from domain.statuses import Status
from storage.tables import WorkflowState

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
    # An equal or newer snapshot of the same run is there already; a repeated write lands here, and what a run tells
    # whose history fell back.
    STALE = "stale"
    # It came from a run that Temporal no longer calls current.
    OTHER_RUN = "other_run"
    # The row was deleted with its quiz; nobody waits for it.
    GONE = "gone"
    # The quiz has another active generation, so this one cannot be active too; it is cancelled.
    ANOTHER_IS_ACTIVE = "another_is_active"


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

    @property
    def slots(self) -> list[int]:
        """Slots of its questions, in order: what tells two snapshots with one number apart."""
        return sorted(slot for slot, _, _ in self.questions)


def event_type(write: StateWrite, *, recovers: bool, before: str) -> EventType:
    """What a snapshot is in the log; `before` is the status that the row had."""
    if write.status is Status.COMPLETED:
        return EventType.COMPLETED
    if write.error_message:
        return EventType.ERROR
    if recovers and not (write.status is Status.PAUSED and before == Status.RUNNING):  # a pause between two runs is one
        return EventType.RECOVERY
    return EventType.STATE_CHANGE if write.status != before else EventType.CHECKPOINT


# Add to a generation's log and wake whoever listens. The caller holds the lock of the generation's row, which has
# its new state already: the event tells the row's number of questions.
WRITE_EVENT = """
WITH written AS (
  INSERT INTO workflow_event (workflow_state_id, run_id, sequence, event_type, event_data, created_at)
  SELECT id, %(run_id)s, %(sequence)s, %(kind)s,
         %(data)s::jsonb || jsonb_build_object('completed', completed_steps), clock_timestamp()
  FROM workflow_state WHERE id = %(state_id)s
  ON CONFLICT DO NOTHING
)
SELECT pg_notify(%(channel)s, %(quiz_id)s)
"""


# Of a row that was changed from outside, for its event.
OUTSIDE = (
    col(WorkflowState.id),
    col(WorkflowState.quiz_id),
    col(WorkflowState.total_steps),
)


async def write_outside_event(
    connection: AsyncConnection, row: Row[*tuple[Any, ...]], kind: EventType, status: Status, **more: Any
) -> None:
    """Log what no run wrote: a start, a finding of the reconciler. The row has OUTSIDE's columns and is locked."""
    data = {"status": status, "total": row.total_steps, "slots": [], **more}
    await connection.exec_driver_sql(
        WRITE_EVENT,
        {
            "state_id": row.id,
            "run_id": f"outside-{uuid.uuid4()}",
            "sequence": 0,
            "kind": kind,
            "data": json.dumps(data),
            "channel": CHANNEL,
            "quiz_id": str(row.quiz_id),
        },
    )
