"""The store of workflow states: the mirror's writes behind their fence, and what the app reads of a generation."""

import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, func, select, true, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from domain.statuses import ACTIVE, Status
from storage import snapshot_write
from storage.snapshots import (
    OUTSIDE,
    EventType,
    Fence,
    RunChanged,
    StateWrite,
    write_outside_event,
)
from storage.starts import NOTHING_RUNS, ActiveGenerationExists, Starts, is_of_the_active_one
from storage.tables import (
    ModelCall,
    ModelWait,
    QuestionRow,
    Quiz,
    WorkflowEvent,
    WorkflowState,
    now,
)

# As after a restore of an earlier state.
LOST = "the database has lost questions that it had; resume, and they are written again"
RESUMABLE = (Status.PAUSED, Status.FAILED, Status.CANCELLED)


class WorkflowStateStore(Starts):
    """All SQL on workflow states; how rows begin is in storage/starts.py. Every method is one transaction."""

    async def load(self, workflow_id: str) -> WorkflowState | None:
        """The row of a generation."""
        async with AsyncSession(self._engine) as session:
            return await session.scalar(select(WorkflowState).where(col(WorkflowState.workflow_id) == workflow_id))

    async def newest(self, *, owner_id: uuid.UUID, limit: int) -> list[WorkflowState]:
        """An owner's generations, newest first."""
        query = (
            select(WorkflowState)
            .join(Quiz, col(Quiz.id) == col(WorkflowState.quiz_id))
            .where(col(Quiz.owner_id) == owner_id)
            .order_by(col(WorkflowState.created_at).desc())
            .limit(limit)
        )
        async with AsyncSession(self._engine) as session:
            return list(await session.scalars(query))

    async def active(self, quiz_id: uuid.UUID) -> WorkflowState | None:
        """The running or paused generation of a quiz, if there is one."""
        query = select(WorkflowState).where(
            col(WorkflowState.quiz_id) == quiz_id, col(WorkflowState.status).in_(ACTIVE)
        )
        async with AsyncSession(self._engine) as session:
            return await session.scalar(query)

    async def any_running(self) -> bool:
        """Whether any generation is running."""
        query = select(func.count()).where(col(WorkflowState.status) == Status.RUNNING)
        async with self._engine.connect() as connection:
            return bool(await connection.scalar(query))

    async def list_resumable(self, quiz_id: uuid.UUID) -> list[WorkflowState]:
        """Generations of a quiz that can be resumed, newest first."""
        query = (
            select(WorkflowState)
            .where(col(WorkflowState.quiz_id) == quiz_id, col(WorkflowState.status).in_(RESUMABLE))
            .order_by(col(WorkflowState.created_at).desc())
        )
        async with AsyncSession(self._engine) as session:
            return list(await session.scalars(query))

    async def save(self, write: StateWrite, is_current_run: Callable[[], Awaitable[bool]]) -> Fence:
        """Store a snapshot, its questions, its event and a notification in one transaction, if the fence lets it.

        The fence: the row's own run needs a greater sequence; another run needs Temporal to call it current, because
        after a reset the sequence may fall. Temporal is asked between two transactions, so that no lock waits on it.

        Raises ActiveGenerationExists when the run would make a closed row active again, and the quiz has another one.
        """
        try:
            return await self._save(write, is_current_run)
        except IntegrityError as error:
            if is_of_the_active_one(error):
                raise ActiveGenerationExists from None
            raise

    async def save_to_closed_row(self, write: StateWrite, is_current_run: Callable[[], Awaitable[bool]]) -> Fence:
        """The same for what tells an end; raises RunChanged when the row is active, for somebody has resumed it."""
        return await self._save(write, is_current_run, to_closed_row=True)

    async def _save(
        self, write: StateWrite, is_current_run: Callable[[], Awaitable[bool]], *, to_closed_row: bool = False
    ) -> Fence:
        asked_about: tuple[str, bool] | None = None
        while True:
            async with snapshot_write.transaction(self._engine) as connection:
                row = await snapshot_write.lock(connection, write.workflow_id)
                if row is None:
                    return Fence.GONE
                # A row that somebody closed from outside is opened again by a run that turns out to be alive.
                before = (row.run_id or "", Status(row.status).is_active)
                if asked_about not in (None, before) or (to_closed_row and before[1]):
                    raise RunChanged  # somebody else wrote while Temporal was asked; the retry asks again
                if row.run_id == write.run_id and row.status == Status.COMPLETED:
                    return Fence.STALE  # all is there, whatever its run tells whose history fell back behind that
                if asked_about is not None or before == (write.run_id, True):
                    if row.run_id == write.run_id and row.sequence >= write.sequence:
                        return Fence.STALE
                    await snapshot_write.write(connection, row, write)
                    return Fence.ACCEPTED
            if not await is_current_run():
                return Fence.STALE if before[0] == write.run_id else Fence.OTHER_RUN
            asked_about = before

    async def ahead_of(self, write: StateWrite) -> int | None:
        """The row's sequence when it has other snapshots of this run, this one or later: its history fell back.

        As after a power cut, or a restore of Temporal's database. A snapshot that was merely repeated is no such thing.
        Behind a row that is completed there is nothing to tell.
        """
        query = (
            select(col(WorkflowState.sequence), col(WorkflowEvent.event_data))
            .outerjoin(
                WorkflowEvent,
                and_(
                    col(WorkflowEvent.workflow_state_id) == col(WorkflowState.id),
                    col(WorkflowEvent.run_id) == write.run_id,
                    col(WorkflowEvent.sequence) == write.sequence,
                ),
            )
            .where(
                col(WorkflowState.workflow_id) == write.workflow_id,
                col(WorkflowState.run_id) == write.run_id,
                col(WorkflowState.sequence) >= write.sequence,
                col(WorkflowState.status) != Status.COMPLETED,
            )
        )
        async with self._engine.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            return None
        sequence, told = row
        wanted = (write.status, write.slots, write.error_message)
        same = told is not None and (told["status"], told["slots"], told.get("reason")) == wanted
        return None if same and sequence == write.sequence else int(sequence)

    async def mark_completed(self, workflow_id: str, *, unless_changed: datetime | None = None) -> Status | None:
        """Close an open row as completed, from outside the workflow; None when it is closed or gone already.

        As failed, if questions are not there that its run made: a resume writes them again. `unless_changed` is when
        the row was changed last as the caller knows it; None when it was since.
        """
        status, reason = (Status.COMPLETED, None) if await self._has_all(workflow_id) else (Status.FAILED, LOST)
        return status if await self._close(workflow_id, status, reason, unless_changed) else None

    async def mark_failed(
        self,
        workflow_id: str,
        reason: str,
        status: Status = Status.FAILED,
        *,
        who: Mapping[str, Any] | None = None,
        unless_changed: datetime | None = None,
    ) -> bool:
        """Close an open row as failed or cancelled, with the reason; False when it is closed or gone already.

        `who` goes into the event: the identity that did it, and what it said. `unless_changed` as above.
        """
        return await self._close(workflow_id, status, reason, unless_changed, who=who)

    async def mark_never_started(
        self, workflow_id: str, reason: str, *, unless_changed: datetime | None = None
    ) -> bool:
        """Close an open row as failed whose start never reached Temporal, or was refused: who asks again starts it."""
        return await self._close(workflow_id, Status.FAILED, reason, unless_changed, note=NOTHING_RUNS)

    async def pause_requested(self, workflow_id: str) -> None:
        """Note that a pause is on its way; the first snapshot that is not `running` ends the note."""
        await self._note(workflow_id, {"pause_requested": now().isoformat()})

    async def pause_withdrawn(self, workflow_id: str) -> None:
        """Note that a resume follows the pause that is on its way."""
        await self._note(workflow_id, {"pause_requested": None})

    async def _note(self, workflow_id: str, data: Mapping[str, Any]) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(
                update(WorkflowState)
                .where(col(WorkflowState.workflow_id) == workflow_id, col(WorkflowState.status) == Status.RUNNING)
                .values(state_data=col(WorkflowState.state_data).concat(dict(data)))
            )

    async def delete(self, workflow_id: str) -> bool:
        """Forget a generation with its questions and stored answers; False when there was none."""
        async with self._engine.begin() as connection:
            # The row first: it is the lock that a snapshot holds while it writes questions.
            gone = await connection.execute(delete(WorkflowState).where(col(WorkflowState.workflow_id) == workflow_id))
            await connection.execute(delete(QuestionRow).where(col(QuestionRow.workflow_id) == workflow_id))
            await connection.execute(delete(ModelCall).where(col(ModelCall.workflow_id) == workflow_id))
            await connection.execute(delete(ModelWait).where(col(ModelWait.workflow_id) == workflow_id))
            return bool(gone.rowcount)

    async def questions(self, workflow_id: str) -> list[QuestionRow]:
        """The finished questions of a generation in slot order."""
        query = select(QuestionRow).where(col(QuestionRow.workflow_id) == workflow_id).order_by(col(QuestionRow.slot))
        async with AsyncSession(self._engine) as session:
            return list(await session.scalars(query))

    async def waits(self, workflow_id: str) -> list[ModelWait]:
        """The slots that wait for the provider, longest first."""
        query = select(ModelWait).where(col(ModelWait.workflow_id) == workflow_id).order_by(col(ModelWait.since))
        async with AsyncSession(self._engine) as session:
            return list(await session.scalars(query))

    async def events(self, workflow_id: str) -> list[WorkflowEvent]:
        """The log of a generation, oldest first."""
        query = (
            select(WorkflowEvent)
            .join(WorkflowState, col(WorkflowState.id) == col(WorkflowEvent.workflow_state_id))
            .where(col(WorkflowState.workflow_id) == workflow_id)
            .order_by(col(WorkflowEvent.id))
        )
        async with AsyncSession(self._engine) as session:
            return list(await session.scalars(query))

    async def _has_all(self, workflow_id: str) -> bool:
        there = select(func.count()).where(col(QuestionRow.workflow_id) == workflow_id).scalar_subquery()
        query = select(there >= col(WorkflowState.total_steps)).where(col(WorkflowState.workflow_id) == workflow_id)
        async with self._engine.connect() as connection:
            return bool(await connection.scalar(query))

    async def _close(
        self,
        workflow_id: str,
        status: Status,
        reason: str | None,
        unless_changed: datetime | None,
        *,
        who: Mapping[str, Any] | None = None,
        note: Mapping[str, Any] | None = None,
    ) -> bool:
        moment = now()
        unchanged = true() if unless_changed is None else col(WorkflowState.updated_at) == unless_changed
        async with self._engine.begin() as connection:
            row = (
                await connection.execute(
                    update(WorkflowState)
                    .where(
                        col(WorkflowState.workflow_id) == workflow_id,
                        col(WorkflowState.status).in_(ACTIVE),
                        unchanged,
                    )
                    .values(
                        status=status,
                        error_message=reason,
                        state_data=col(WorkflowState.state_data).concat(dict(note or {})),
                        updated_at=moment,
                        completed_at=moment,
                    )
                    .returning(*OUTSIDE)
                )
            ).one_or_none()
            if row is None:
                return False
            kind = EventType.COMPLETED if status is Status.COMPLETED else EventType.ERROR
            await write_outside_event(connection, row, kind, status, reason=reason, **(who or {}))
            await connection.execute(delete(ModelWait).where(col(ModelWait.workflow_id) == workflow_id))
        return True
