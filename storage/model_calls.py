"""The paid-once table: answers of the model, and the slots that wait for it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, func, or_, select, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlmodel import col

from domain.statuses import Status
from storage.starts import NEXT_ATTEMPT
from storage.tables import ModelCall, ModelWait, QuestionRow, WorkflowState


@dataclass(frozen=True, slots=True)
class Generation:
    """What a model call needs to know right before it begins; `options` as the start wrote them."""

    status: Status
    options: Mapping[str, Any]
    # What the step was answered by now.
    answer: ModelCall | None


@dataclass(frozen=True, slots=True)
class Replaced:
    """What a question that is asked for in place of another keeps of it."""

    chunk_id: int | None
    difficulty: str
    bloom: str
    # What it asks: not to be asked again.
    stem: str


class ModelCallStore:
    """All SQL on model calls. Every method is one transaction."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def find(self, workflow_id: str, slot: int, step: str, attempt: int) -> ModelCall | None:
        """The stored answer of a step, if it was paid for already."""
        async with AsyncSession(self._engine) as session:
            return await session.get(ModelCall, (workflow_id, slot, step, attempt))

    async def latest(self, workflow_id: str, slot: int, before_attempt: int) -> ModelCall | None:
        """The last answer of a slot before `before_attempt`: the one that a revision is about."""
        query = (
            select(ModelCall)
            .where(
                col(ModelCall.workflow_id) == workflow_id,
                col(ModelCall.slot) == slot,
                col(ModelCall.attempt) < before_attempt,
            )
            .order_by(col(ModelCall.attempt).desc())
            .limit(1)
        )
        async with AsyncSession(self._engine) as session:
            return await session.scalar(query)

    async def record(self, call: ModelCall) -> ModelCall:
        """Store an answer; when another attempt of the activity was first, its answer stands and is returned.

        With the time of PostgreSQL's clock: those of workers differ.
        """
        values = {**call.model_dump(), "created_at": func.clock_timestamp()}
        async with AsyncSession(self._engine, expire_on_commit=False) as session:
            await session.execute(insert(ModelCall).values(values).on_conflict_do_nothing())
            stored = await session.get_one(ModelCall, (call.workflow_id, call.slot, call.step, call.attempt))
            await session.execute(
                delete(ModelWait).where(
                    col(ModelWait.workflow_id) == call.workflow_id, col(ModelWait.slot) == call.slot
                )
            )
            await session.commit()
        return stored

    async def stems_on_chunk(self, workflow_id: str, chunk_id: int, *, except_slot: int, limit: int) -> list[str]:
        """Stems that exist on the same chunk, newest first: questions not to be asked again.

        Those of the generation's other slots are read here and not from the mirror, which lags behind by design. The
        rest are the questions of the quiz's other generations, one that is to be replaced among them.
        """
        of_other_slots = select(
            col(ModelCall.question)["stem"].astext.label("stem"), col(ModelCall.created_at).label("made")
        ).where(
            col(ModelCall.workflow_id) == workflow_id,
            col(ModelCall.chunk_id) == chunk_id,
            col(ModelCall.slot) != except_slot,
            col(ModelCall.question).is_not(None),
        )
        quiz_id = select(col(WorkflowState.quiz_id)).where(col(WorkflowState.workflow_id) == workflow_id)
        of_the_quiz = select(col(QuestionRow.stem), col(QuestionRow.created_at)).where(
            col(QuestionRow.quiz_id) == quiz_id.scalar_subquery(),
            col(QuestionRow.source)["chunk"].astext == str(chunk_id),
            col(QuestionRow.workflow_id) != workflow_id,
        )
        both = union_all(of_other_slots, of_the_quiz).subquery()
        query = select(both.c.stem).order_by(both.c.made.desc()).limit(limit)
        async with self._engine.connect() as connection:
            return list(dict.fromkeys((await connection.scalars(query)).all()))

    async def replaced(self, quiz_id: uuid.UUID, question_id: uuid.UUID) -> Replaced | None:
        """What is kept of a question that is to be replaced; None when the quiz has no such question."""
        query = select(
            col(QuestionRow.source), col(QuestionRow.difficulty), col(QuestionRow.bloom), col(QuestionRow.stem)
        ).where(col(QuestionRow.id) == question_id, col(QuestionRow.quiz_id) == quiz_id)
        async with self._engine.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else Replaced(row[0].get("chunk"), row[1], row[2], row[3])

    async def used_up(self, workflow_id: str) -> dict[int, int] | None:
        """Slot -> number of its first answer that is not used up; None when no resume noted it."""
        noted = col(WorkflowState.state_data)[NEXT_ATTEMPT]
        async with self._engine.connect() as connection:
            by_slot = await connection.scalar(select(noted).where(col(WorkflowState.workflow_id) == workflow_id))
        return None if by_slot is None else {int(slot): attempt for slot, attempt in by_slot.items()}

    async def next_attempts(self, workflow_id: str) -> dict[int, int]:
        """Slot -> first attempt number without a stored answer."""
        query = (
            select(col(ModelCall.slot), func.max(col(ModelCall.attempt)) + 1)
            .where(col(ModelCall.workflow_id) == workflow_id)
            .group_by(col(ModelCall.slot))
        )
        async with self._engine.connect() as connection:
            return {row[0]: row[1] for row in await connection.execute(query)}

    async def generation(self, workflow_id: str, slot: int, step: str, attempt: int) -> Generation | None:
        """As a step's call finds it, in one read; the status is the mirror's. None when the row is gone."""
        of_the_step = and_(
            col(ModelCall.workflow_id) == workflow_id,
            col(ModelCall.slot) == slot,
            col(ModelCall.step) == step,
            col(ModelCall.attempt) == attempt,
        )
        query = (
            select(col(WorkflowState.status), col(WorkflowState.state_data)["options"], ModelCall)
            .outerjoin(ModelCall, of_the_step)
            .where(col(WorkflowState.workflow_id) == workflow_id)
        )
        async with AsyncSession(self._engine) as session:
            row = (await session.execute(query)).one_or_none()
        return None if row is None else Generation(Status(row[0]), row[1], row[2])

    async def wait_for_provider(
        self, workflow_id: str, slot: int, reason: str, since: datetime, retry_at: datetime
    ) -> None:
        """Say that a slot waits for the provider, for the user to see."""
        statement = insert(ModelWait).values(
            workflow_id=workflow_id, slot=slot, reason=reason, since=since, retry_at=retry_at
        )
        async with self._engine.begin() as connection:
            await connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["workflow_id", "slot"],
                    set_={"reason": statement.excluded.reason, "retry_at": statement.excluded.retry_at},
                )
            )

    async def stop_waiting(self, workflow_id: str, slot: int) -> None:
        """Forget that a slot waits: it was given up or paused."""
        async with self._engine.begin() as connection:
            await connection.execute(
                delete(ModelWait).where(col(ModelWait.workflow_id) == workflow_id).where(col(ModelWait.slot) == slot)
            )

    async def spent(
        self, workflow_id: str, slots: Sequence[int], used_up: Mapping[int, int]
    ) -> tuple[int, int, int, float | None]:
        """Calls, prompt tokens, completion tokens and US dollars of stored answers: all of `slots`, and those used up.

        The dollars are None when the price of one of them is not known.
        """
        behind = (
            and_(col(ModelCall.slot) == slot, col(ModelCall.attempt) < attempt) for slot, attempt in used_up.items()
        )
        query = select(
            func.count(),
            func.coalesce(func.sum(col(ModelCall.prompt_tokens)), 0),
            func.coalesce(func.sum(col(ModelCall.completion_tokens)), 0),
            func.coalesce(func.sum(col(ModelCall.cost)), 0.0),
            func.count(col(ModelCall.cost)),
        ).where(col(ModelCall.workflow_id) == workflow_id, or_(col(ModelCall.slot).in_(slots), *behind))
        async with self._engine.connect() as connection:
            calls, prompt_tokens, completion_tokens, cost, priced = (await connection.execute(query)).one()
        return calls, prompt_tokens, completion_tokens, cost if priced == calls else None
