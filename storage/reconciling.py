"""What the reconciler reads and notes: rows of which nothing was heard, stalls, and who did what."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlmodel import col

from domain.statuses import ACTIVE, Status
from storage.snapshots import UNANSWERED, EventType
from storage.tables import WorkflowEvent, WorkflowState, now

# Generations of the stateless mode are tasks of a process, of which Temporal knows nothing.
_DURABLE = or_(col(WorkflowState.run_id).is_(None), ~col(WorkflowState.run_id).startswith("stateless-"))
FIRST_ID = uuid.UUID(int=0)


class Kind(StrEnum):
    """Of rows that are looked at. What waits, which may be thousands of rows, is not in the way of what runs."""

    RUNNING = "running"
    # Paused, or starts without an answer.
    WAITING = "waiting"


_KINDS = {
    Kind.RUNNING: col(WorkflowState.status) == Status.RUNNING,
    Kind.WAITING: or_(
        col(WorkflowState.status) == Status.PAUSED,
        and_(col(WorkflowState.run_id).is_(None), col(WorkflowState.state_data)[UNANSWERED].as_boolean()),
    ),
}
# Kinds of events that somebody may have caused.
_CAUSED = (EventType.STATE_CHANGE, EventType.RECOVERY, EventType.ERROR)
# In `event_data`: who caused it.
BY = "by"


@dataclass(frozen=True, slots=True)
class UnattributedEvent:
    """An event of which it is not known yet who caused it."""

    id: int
    workflow_id: str
    run_id: str
    status: str
    created_at: datetime


class ReconcilerStore:
    """The reconciler's SQL. Every method is one transaction."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def quiet(
        self, kind: Kind, since: timedelta, limit: int, *, after: uuid.UUID | None = None
    ) -> list[WorkflowState]:
        """Rows of a kind of which nothing was heard for a while: those whose ids come after one, then from the first.

        Whoever asks with the last id of each answer has seen all when it comes round, however many there are.
        """
        query = (
            select(WorkflowState)
            .where(_KINDS[kind], col(WorkflowState.updated_at) < now() - since, _DURABLE)
            .order_by(col(WorkflowState.id) <= (after or FIRST_ID), col(WorkflowState.id))
            .limit(limit)
        )
        async with AsyncSession(self._engine) as session:
            return list(await session.scalars(query))

    async def open_rows(self, workflow_ids: list[str]) -> list[WorkflowState]:
        """Those of some generations that are open."""
        query = select(WorkflowState).where(
            col(WorkflowState.workflow_id).in_(workflow_ids), col(WorkflowState.status).in_(ACTIVE)
        )
        async with AsyncSession(self._engine) as session:
            return list(await session.scalars(query))

    async def note_stalled(self, row: WorkflowState, stalled: Mapping[str, Any] | None) -> None:
        """Note why a running generation stands still, or that it does not; nothing when it got on meanwhile."""
        async with self._engine.begin() as connection:
            await connection.execute(
                update(WorkflowState)
                .where(
                    col(WorkflowState.id) == row.id,
                    col(WorkflowState.status) == Status.RUNNING,
                    col(WorkflowState.updated_at) == row.updated_at,
                )
                .values(state_data=col(WorkflowState.state_data).concat({"stalled": stalled and dict(stalled)}))
            )

    async def unattributed(self, since: timedelta, limit: int, *, last: Collection[str]) -> list[UnattributedEvent]:
        """Recent events that a run told and of which nobody knows who caused them; oldest first, `last` runs after."""
        query = (
            select(
                col(WorkflowEvent.id),
                col(WorkflowState.workflow_id),
                col(WorkflowEvent.run_id),
                col(WorkflowEvent.event_data)["status"].astext,
                col(WorkflowEvent.created_at),
            )
            .join(WorkflowState, col(WorkflowState.id) == col(WorkflowEvent.workflow_state_id))
            .where(
                col(WorkflowEvent.event_type).in_(_CAUSED),
                col(WorkflowEvent.created_at) > now() - since,
                ~col(WorkflowEvent.event_data).has_key(BY),  # type: ignore[attr-defined]  # JSONB's
                _DURABLE,
                ~col(WorkflowEvent.run_id).startswith("outside-"),
            )
            .order_by(col(WorkflowEvent.run_id).in_(last), col(WorkflowEvent.id))
            .limit(limit)
        )
        async with self._engine.connect() as connection:
            return [UnattributedEvent(*row) for row in await connection.execute(query)]

    async def attribute(self, event_id: int, who: Mapping[str, Any]) -> None:
        """Note who caused an event."""
        async with self._engine.begin() as connection:
            await connection.execute(
                update(WorkflowEvent)
                .where(col(WorkflowEvent.id) == event_id)
                .values(event_data=col(WorkflowEvent.event_data).concat(dict(who)))
            )
