"""The store of questions: what teachers see, judge, change and delete.

Many questions at once are locked behind the rows of their generations, in the order of workflow ids. The mirror holds
the row of a generation while it writes questions, so neither ever waits for the other in a circle.
"""

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Select, delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlmodel import col

from domain.question import Option, Question
from domain.review import Decision, Edit, ReviewStatus, flaws_of, keeps_review
from domain.statuses import Bloom, Difficulty, Status
from storage.tables import ContentChunk, IdempotencyKey, QuestionRow, Quiz, WorkflowState, now

# What a list shows that was not told otherwise.
_SHOWN = frozenset(ReviewStatus) - {ReviewStatus.REPLACED}


class WritingGeneration(Exception):
    """The generation of a question is active, and could write the question again."""

    def __init__(self, workflow_id: str) -> None:
        super().__init__(workflow_id)
        self.workflow_id = workflow_id


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which questions of a quiz are asked for; what is empty is no limit, but replaced ones must be named."""

    workflow_id: str | None = None
    review_statuses: frozenset[ReviewStatus] = frozenset()
    difficulties: frozenset[Difficulty] = frozenset()
    blooms: frozenset[Bloom] = frozenset()


@dataclass(frozen=True, slots=True)
class Decided:
    """The questions that a decision was about, in the order asked for, and the ids of those that it changed."""

    questions: list[QuestionRow]
    changed: list[uuid.UUID]


class QuestionStore:
    """All SQL on questions that people ask for. Every method is one transaction."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def of_quiz(
        self, quiz_id: uuid.UUID, wanted: Wanted, *, after: tuple[datetime, uuid.UUID] | None, limit: int
    ) -> list[QuestionRow]:
        """Questions of a quiz, oldest first, from the one after `after` on."""
        query = select(QuestionRow).where(
            col(QuestionRow.quiz_id) == quiz_id, col(QuestionRow.review_status).in_(wanted.review_statuses or _SHOWN)
        )
        if wanted.workflow_id is not None:
            query = query.where(col(QuestionRow.workflow_id) == wanted.workflow_id)
        if wanted.difficulties:
            query = query.where(col(QuestionRow.difficulty).in_(wanted.difficulties))
        if wanted.blooms:
            query = query.where(col(QuestionRow.bloom).in_(wanted.blooms))
        if after is not None:
            query = query.where(tuple_(col(QuestionRow.created_at), col(QuestionRow.id)) > after)
        query = query.order_by(col(QuestionRow.created_at), col(QuestionRow.id)).limit(limit)
        async with AsyncSession(self._engine) as session:
            return list(await session.scalars(query))

    async def load(self, quiz_id: uuid.UUID, question_id: uuid.UUID) -> QuestionRow | None:
        """A question of a quiz."""
        async with AsyncSession(self._engine) as session:
            return await session.scalar(_of(quiz_id, [question_id]))

    async def edit(self, quiz_id: uuid.UUID, question_id: uuid.UUID, edit: Edit) -> QuestionRow | None:
        """Change a question and look for its flaws anew; None when the quiz has no such question.

        Raises InvalidEdit. An edit that changes nothing leaves the row alone, so that it may be repeated.
        """
        async with AsyncSession(self._engine, expire_on_commit=False) as session:
            # Locked, so that of two edits at a time the second is made to what the first one left.
            row = await session.scalar(_of(quiz_id, [question_id]).with_for_update())
            if row is None:
                return None
            before = question_of(row)
            after = edit.apply(before)
            if after == before:
                return row
            chunk_id = row.source.get("chunk")
            text = await session.scalar(select(col(ContentChunk.text)).where(col(ContentChunk.id) == chunk_id))
            row.stem, row.key, row.explanation = after.stem, after.key, after.explanation
            row.options = [asdict(option) for option in after.options]
            row.difficulty, row.bloom = after.difficulty, after.bloom
            row.flaws = flaws_of(after, text)
            if not keeps_review(before, after):
                _decide(row, Decision(ReviewStatus.UNREVIEWED))
            row.edited_at = row.updated_at = now()
            await session.commit()
        return row

    async def decide(self, quiz_id: uuid.UUID, question_ids: Sequence[uuid.UUID], decision: Decision) -> Decided | None:
        """Judge questions, all or none: None when one of them is not of this quiz. Repeated, it changes nothing."""
        async with AsyncSession(self._engine, expire_on_commit=False) as session:
            await _lock_generations(session, quiz_id, question_ids)
            found = {row.id: row for row in await session.scalars(_of(quiz_id, question_ids).with_for_update())}
            if len(found) < len(question_ids):
                return None
            rows = [found[question_id] for question_id in question_ids]
            changed = [row for row in rows if _decide(row, decision)]
            moment = now()
            for row in changed:
                row.updated_at = moment
            await session.commit()
        return Decided(rows, [row.id for row in changed])

    async def delete(self, quiz_id: uuid.UUID, question_ids: Sequence[uuid.UUID]) -> bool:
        """Delete questions, all or none: False when one of them is not of this quiz.

        Raises WritingGeneration while one of their generations is active: its mirror could write them again. A resume
        of a generation that ended early takes a deleted slot for an open one and fills it again, from the answers
        that are stored for it where there are any: the generation owes as many questions as were asked for. Nothing
        breaks, and a completed generation is never resumed.
        """
        async with AsyncSession(self._engine) as session:
            active = await _lock_generations(session, quiz_id, question_ids)
            known = await session.scalars(_of(quiz_id, question_ids).with_for_update())
            if len(known.all()) < len(question_ids):
                return False
            if active is not None:
                raise WritingGeneration(active)
            await session.execute(
                delete(QuestionRow).where(
                    col(QuestionRow.quiz_id) == quiz_id, col(QuestionRow.id).in_(list(question_ids))
                )
            )
            await session.commit()
        return True

    async def asked_before(self, owner_id: uuid.UUID, idempotency_key: str) -> bool:
        """Whether a request to generate came with this key before: whatever holds now, it has its answer."""
        async with AsyncSession(self._engine) as session:
            return await session.get(IdempotencyKey, (owner_id, idempotency_key)) is not None


def question_of(row: QuestionRow) -> Question:
    """The question that a row holds."""
    return Question(
        stem=row.stem,
        options=tuple(Option(option["text"], option.get("why_wrong", "")) for option in row.options),
        key=row.key,
        explanation=row.explanation,
        quote=row.source.get("quote", ""),
        difficulty=row.difficulty,
        bloom=row.bloom,
    )


def _of(quiz_id: uuid.UUID, question_ids: Sequence[uuid.UUID]) -> Select[QuestionRow]:
    return select(QuestionRow).where(col(QuestionRow.quiz_id) == quiz_id, col(QuestionRow.id).in_(list(question_ids)))


def _decide(row: QuestionRow, decision: Decision) -> bool:
    """Write a judgement into a row; False when it was there already."""
    if (row.review_status, row.review_reason, row.review_comment) == (
        decision.status,
        decision.reason,
        decision.comment,
    ):
        return False
    row.review_status, row.review_reason, row.review_comment = decision.status, decision.reason, decision.comment
    return True


async def _lock_generations(session: AsyncSession, quiz_id: uuid.UUID, question_ids: Sequence[uuid.UUID]) -> str | None:
    """Keep the mirror away from these questions until the transaction ends; the id of an active one of theirs."""
    # The quiz before all: who deletes it locks it first, and then all that hangs on it in an order of its own.
    await session.execute(
        select(col(Quiz.id)).where(col(Quiz.id) == quiz_id).with_for_update(read=True, key_share=True)
    )
    theirs = select(col(QuestionRow.workflow_id)).where(
        col(QuestionRow.quiz_id) == quiz_id, col(QuestionRow.id).in_(list(question_ids))
    )
    rows = await session.execute(
        select(col(WorkflowState.workflow_id), col(WorkflowState.status))
        .where(col(WorkflowState.workflow_id).in_(theirs))
        .order_by(col(WorkflowState.workflow_id))
        .with_for_update(key_share=True)
    )
    return next((workflow_id for workflow_id, status in rows.all() if Status(status).is_active), None)
