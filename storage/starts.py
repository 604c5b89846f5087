"""How a generation's row begins: once for each request, again for a resume, and what becomes of a start that failed."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Text,
    Update,
    and_,
    cast,
    exists,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlmodel import col

from domain.statuses import Status
from storage.snapshots import NEVER_ARRIVED, OUTSIDE, UNANSWERED, EventType, write_outside_event
from storage.tables import ONE_ACTIVE_GENERATION, IdempotencyKey, ModelCall, QuestionRow, WorkflowState, now

_NOT_STARTED = and_(
    col(WorkflowState.status) == Status.FAILED,
    col(WorkflowState.run_id).is_(None),
    or_(
        col(WorkflowState.state_data)[UNANSWERED].as_boolean(),
        col(WorkflowState.state_data)[NEVER_ARRIVED].as_boolean(),
    ),
)
_SETTLED = {UNANSWERED: False, NEVER_ARRIVED: False}
# In `state_data`: slot -> number of its first answer that is not used up, as the last resume after a failure found it.
NEXT_ATTEMPT = "next_attempt"
# Of a row in whose `state_data` this is, Temporal has been asked.
NOTHING_RUNS = {UNANSWERED: False, NEVER_ARRIVED: True}


class ActiveGenerationExists(Exception):
    """The quiz has an active generation already."""


def is_of_the_active_one(error: IntegrityError) -> bool:
    """Whether a write was refused because the quiz has another active generation."""
    diag = getattr(error.orig, "diag", None)
    return getattr(diag, "constraint_name", None) == ONE_ACTIVE_GENERATION


@dataclass(frozen=True, slots=True)
class RequestKey:
    """The `Idempotency-Key` of a request, and what it stands for: SHA-256 of quiz and body, hex."""

    owner_id: uuid.UUID
    key: str
    request_hash: str


class KeyTaken(Exception):
    """The key came before; `same_request` tells whether it was with the same request.

    `carried_out` is False when it is not sure that the resume was done which that request asked for.
    """

    def __init__(self, workflow_id: str, *, same_request: bool, carried_out: bool) -> None:
        super().__init__(workflow_id)
        self.workflow_id = workflow_id
        self.same_request = same_request
        self.carried_out = carried_out


class Starts:
    """SQL on the beginnings of workflow states. Every method is one transaction."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def create(self, state: WorkflowState, key: RequestKey | None = None) -> WorkflowState:
        """Write the row of a generation that is about to start, and the key of its request.

        Raises KeyTaken when the key came before, and ActiveGenerationExists. Of equal requests at the same moment one
        creates the row; the others wait for its transaction at an index and then find its key.
        """
        if key is not None:
            await self.raise_if_taken(key)
        async with AsyncSession(self._engine, expire_on_commit=False) as session:
            session.add(state)
            try:
                await session.flush()
                if key is not None:
                    session.add(
                        IdempotencyKey(
                            owner_id=key.owner_id,
                            key=key.key,
                            request_hash=key.request_hash,
                            workflow_id=state.workflow_id,
                        )
                    )
                await session.commit()
            except IntegrityError as error:
                await session.rollback()
                if key is not None:
                    await self.raise_if_taken(key)
                if is_of_the_active_one(error):
                    raise ActiveGenerationExists from None
                raise
        return state

    async def raise_if_taken(self, key: RequestKey) -> None:
        """Raise KeyTaken when a request came with this key before."""
        query = select(
            col(IdempotencyKey.workflow_id), col(IdempotencyKey.request_hash), col(IdempotencyKey.carried_out)
        ).where(*_is(key))
        async with self._engine.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is not None:
            raise KeyTaken(
                row.workflow_id, same_request=row.request_hash == key.request_hash, carried_out=row.carried_out
            )

    async def remember(self, key: RequestKey, workflow_id: str, *, carried_out: bool = True) -> None:
        """Note that a request with this key was answered with a generation that exists; raises KeyTaken.

        Or will be, once what it asked for is `carried_out`.
        """
        statement = insert(IdempotencyKey).values(
            owner_id=key.owner_id,
            key=key.key,
            request_hash=key.request_hash,
            workflow_id=workflow_id,
            carried_out=carried_out,
            created_at=now(),
        )
        noted = statement.on_conflict_do_nothing().returning(col(IdempotencyKey.key))
        async with self._engine.begin() as connection:
            if await connection.scalar(noted) is not None:
                return
        await self.raise_if_taken(key)

    async def carried_out(self, key: RequestKey) -> None:
        """Note that what a request with this key asked for is done."""
        async with self._engine.begin() as connection:
            await connection.execute(update(IdempotencyKey).where(*_is(key)).values(carried_out=True))

    async def reopen(self, workflow_id: str, *, ended_run: str | None = None, fresh_attempts: bool = False) -> bool:
        """Make an ended generation `running` again for a new run; False when it is active already.

        What the new run needs is kept, in case its start never arrives: `ended_run` tells it from the one that ended.
        With `fresh_attempts` it is kept too which answers are used up, of every slot without a question: the new run
        and each that an operator makes of it begin behind them, and what they pay for is read, not asked for again.

        Raises ActiveGenerationExists when another generation of the quiz is active.
        """
        noted = {"ended_run": ended_run, "fresh_attempts": fresh_attempts, **_SETTLED}
        data = col(WorkflowState.state_data).concat(noted)
        statement = (
            update(WorkflowState)
            .where(
                col(WorkflowState.workflow_id) == workflow_id,
                col(WorkflowState.status).not_in([Status.RUNNING, Status.PAUSED]),
            )
            .values(
                status=Status.RUNNING,
                run_id=None,  # late writes of the ended run must ask Temporal, and are refused
                error_message=None,
                retry_count=col(WorkflowState.retry_count) + 1,
                state_data=data.concat(_used_up(workflow_id)) if fresh_attempts else data,
                completed_at=None,
                updated_at=now(),
            )
        )
        return await self._begin_again(statement)

    async def start_unanswered(self, workflow_id: str, reason: str) -> None:
        """Note that Temporal did not answer a start: the row must not say `running`. Nothing, once a run has told."""
        moment = now()
        async with self._engine.begin() as connection:
            row = (
                await connection.execute(
                    update(WorkflowState)
                    .where(
                        col(WorkflowState.workflow_id) == workflow_id,
                        col(WorkflowState.status) == Status.RUNNING,
                        col(WorkflowState.run_id).is_(None),
                    )
                    .values(
                        status=Status.FAILED,
                        error_message=reason,
                        state_data=col(WorkflowState.state_data).concat({UNANSWERED: True}),
                        updated_at=moment,
                        completed_at=moment,
                    )
                    .returning(*OUTSIDE)
                )
            ).one_or_none()
            if row is not None:
                await write_outside_event(connection, row, EventType.ERROR, Status.FAILED, reason=reason)

    async def start_again(self, workflow_id: str) -> bool:
        """Make a row `running` whose start got no answer, or never arrived; False when it is not one of those.

        Raises ActiveGenerationExists when another generation of the quiz is active.
        """
        statement = (
            update(WorkflowState)
            .where(
                col(WorkflowState.workflow_id) == workflow_id,
                _NOT_STARTED,
            )
            .values(
                status=Status.RUNNING,
                error_message=None,
                state_data=col(WorkflowState.state_data).concat(_SETTLED),
                updated_at=now(),
                completed_at=None,
            )
        )
        return await self._begin_again(statement)

    async def start_never_arrived(self, workflow_id: str) -> None:
        """Settle that no workflow runs for a row that never had a run: it failed, and may be asked for again."""
        async with self._engine.begin() as connection:
            await connection.execute(
                update(WorkflowState)
                .where(
                    col(WorkflowState.workflow_id) == workflow_id,
                    col(WorkflowState.status) == Status.FAILED,
                    col(WorkflowState.run_id).is_(None),
                )
                .values(state_data=col(WorkflowState.state_data).concat(NOTHING_RUNS))
            )

    async def not_started(self, quiz_id: uuid.UUID) -> WorkflowState | None:
        """The newest generation of a quiz whose start got no answer, or never arrived."""
        query = (
            select(WorkflowState)
            .where(col(WorkflowState.quiz_id) == quiz_id, _NOT_STARTED)
            .order_by(col(WorkflowState.created_at).desc())
            .limit(1)
        )
        async with AsyncSession(self._engine) as session:
            return await session.scalar(query)

    async def _begin_again(self, statement: Update) -> bool:
        """Carry out an update that makes a row `running`, and tell whoever listens; whether there was such a row."""
        try:
            async with self._engine.begin() as connection:
                row = (await connection.execute(statement.returning(*OUTSIDE))).one_or_none()
                if row is None:
                    return False
                await write_outside_event(connection, row, EventType.RECOVERY, Status.RUNNING)
        except IntegrityError as error:
            if is_of_the_active_one(error):
                raise ActiveGenerationExists from None
            raise
        return True


def _used_up(workflow_id: str) -> ScalarSelect[Any]:
    """What goes into `state_data`: {NEXT_ATTEMPT: {slot: number of the first answer that is not stored}}."""
    has_question = exists().where(
        col(QuestionRow.workflow_id) == workflow_id, col(QuestionRow.slot) == col(ModelCall.slot)
    )
    slots = (
        select(col(ModelCall.slot), (func.max(col(ModelCall.attempt)) + 1).label("next"))
        .where(col(ModelCall.workflow_id) == workflow_id, ~has_question)
        .group_by(col(ModelCall.slot))
        .subquery()
    )
    by_slot = func.coalesce(func.jsonb_object_agg(cast(slots.c.slot, Text), slots.c.next), text("'{}'::jsonb"))
    return select(func.jsonb_build_object(NEXT_ATTEMPT, by_slot)).select_from(slots).scalar_subquery()


def _is(key: RequestKey) -> tuple[ColumnElement[bool], ...]:
    return col(IdempotencyKey.owner_id) == key.owner_id, col(IdempotencyKey.key) == key.key
