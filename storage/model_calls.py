"""The paid-once table: answers of the model, and the slots that wait for it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.statuses import Status
from storage.tables import ModelCall, ModelWait, WorkflowState


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
            .where(ModelCall.workflow_id == workflow_id, ModelCall.slot == slot, ModelCall.attempt < before_attempt)
            .order_by(ModelCall.attempt.desc())
            .limit(1)
        )
        async with AsyncSession(self._engine) as session:
            return await session.scalar(query)

    async def record(self, call: ModelCall) -> ModelCall:
        """Store an answer; when another attempt of the activity was first, its answer stands and is returned."""
        values = call.model_dump()
        async with AsyncSession(self._engine, expire_on_commit=False) as session:
            await session.execute(insert(ModelCall).values(values).on_conflict_do_nothing())
            stored = await session.get_one(ModelCall, (call.workflow_id, call.slot, call.step, call.attempt))
            await session.execute(
                delete(ModelWait).where(ModelWait.workflow_id == call.workflow_id, ModelWait.slot == call.slot)
            )
            await session.commit()
        return stored

    async def stems_on_chunk(self, workflow_id: str, chunk_id: int, *, except_slot: int, limit: int) -> list[str]:
        """Stems that other slots got from the same chunk, newest first: questions not to be asked again.

        Read here and not from the mirror, which lags behind by design.
        """
        stem = ModelCall.question["stem"].astext  # type: ignore[index]
        query = (
            select(stem)
            .where(
                ModelCall.workflow_id == workflow_id,
                ModelCall.chunk_id == chunk_id,
                ModelCall.slot != except_slot,
                ModelCall.question.is_not(None),  # type: ignore[union-attr]
            )
            .order_by(ModelCall.created_at.desc())
            .limit(limit)
        )
        async with self._engine.connect() as connection:
            return list(dict.fromkeys((await connection.scalars(query)).all()))

    async def next_attempts(self, workflow_id: str) -> dict[int, int]:
        """Slot -> first attempt number without a stored answer."""
        query = (
            select(ModelCall.slot, func.max(ModelCall.attempt) + 1)
            .where(ModelCall.workflow_id == workflow_id)
            .group_by(ModelCall.slot)
        )
        async with self._engine.connect() as connection:
            return {slot: attempt for slot, attempt in await connection.execute(query)}

    async def is_paused(self, workflow_id: str) -> bool:
        """Whether the mirror says that the generation is paused."""
        query = select(WorkflowState.status).where(WorkflowState.workflow_id == workflow_id)
        async with self._engine.connect() as connection:
            return bool(await connection.scalar(query) == Status.PAUSED)

    async def wait_for_provider(self, workflow_id: str, slot: int, reason: str, since: datetime, retry_at: datetime) -> None:
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

    async def stop_waiting(self, workflow_id: str, slots: Sequence[int]) -> None:
        """Forget that these slots wait."""
        async with self._engine.begin() as connection:
            await connection.execute(
                delete(ModelWait).where(ModelWait.workflow_id == workflow_id, ModelWait.slot.in_(slots))  # type: ignore[attr-defined]
            )



    async def spent(self, workflow_id: str, slots: Sequence[int] | None) -> tuple[int, int, int, float]:
        """Calls, prompt tokens, completion tokens and US dollars of the stored answers, of all slots or of some."""
        query = select(
            func.count(),
            func.coalesce(func.sum(ModelCall.prompt_tokens), 0),
            func.coalesce(func.sum(ModelCall.completion_tokens), 0),
            func.coalesce(func.sum(ModelCall.cost), 0.0),
        ).where(ModelCall.workflow_id == workflow_id)
        if slots is not None:
            query = query.where(ModelCall.slot.in_(slots))  # type: ignore[attr-defined]
        async with self._engine.connect() as connection:
            calls, prompt_tokens, completion_tokens, cost = (await connection.execute(query)).one()
        return int(calls), int(prompt_tokens), int(completion_tokens), float(cost)
