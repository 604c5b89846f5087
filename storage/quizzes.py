"""The store of quizzes and their content: owners, documents, chunks."""

import contextlib
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from domain.chunking import Chunk
from domain.statuses import ACTIVE
from storage.documents import Documents, NewDocument
from storage.locks import lock_key
from storage.tables import (
    ContentChunk,
    ModelCall,
    ModelWait,
    QuestionRow,
    Quiz,
    SourceDocument,
    User,
    WorkflowState,
    now,
)

__all__ = ["LOCAL_ACCOUNT", "ChunkText", "NewDocument", "QuizStore"]

# The owner of what the command line makes.
LOCAL_ACCOUNT = "local@localhost"


@dataclass(frozen=True, slots=True)
class ChunkText:
    """A chunk with the document it is from; `start` is its offset there, in characters."""

    id: int
    text: str
    start: int
    document: str


class QuizStore(Documents):
    """All SQL on quizzes and content; documents are in storage/documents.py. Every method is one transaction."""

    async def local_owner(self) -> uuid.UUID:
        """The account of the command line, made when it is missing."""
        async with self._engine.begin() as connection:
            await connection.execute(
                insert(User)
                .values(id=uuid.uuid4(), email=LOCAL_ACCOUNT, created_at=now())
                .on_conflict_do_nothing(index_elements=["email"])
            )
            owner: uuid.UUID = (
                await connection.execute(select(col(User.id)).where(col(User.email) == LOCAL_ACCOUNT))
            ).scalar_one()
            return owner

    async def create(self, quiz: Quiz, documents: Sequence[NewDocument]) -> Quiz:
        """Write a quiz with its documents; a document that is there already is there once."""
        async with AsyncSession(self._engine, expire_on_commit=False) as session:
            session.add(quiz)
            await session.flush()
            for ordinal, document in enumerate(documents):
                await session.execute(
                    insert(SourceDocument)
                    .values(
                        id=uuid.uuid4(),
                        quiz_id=quiz.id,
                        ordinal=ordinal,
                        name=document.name,
                        title=document.title,
                        text=document.text,
                        content_hash=document.content_hash,
                        created_at=now(),
                    )
                    .on_conflict_do_nothing()
                )
            await session.commit()
        return quiz

    async def load(self, quiz_id: uuid.UUID) -> Quiz | None:
        """A quiz."""
        async with AsyncSession(self._engine) as session:
            return await session.get(Quiz, quiz_id)

    async def of_owner(
        self, owner_id: uuid.UUID, *, after: tuple[datetime, uuid.UUID] | None, limit: int
    ) -> list[Quiz]:
        """An owner's quizzes, newest first, from the one after `after` on."""
        query = select(Quiz).where(col(Quiz.owner_id) == owner_id)
        if after is not None:
            query = query.where(tuple_(col(Quiz.created_at), col(Quiz.id)) < after)
        query = query.order_by(col(Quiz.created_at).desc(), col(Quiz.id).desc()).limit(limit)
        async with AsyncSession(self._engine) as session:
            return list(await session.scalars(query))

    async def change(self, quiz_id: uuid.UUID, changes: Mapping[str, Any]) -> Quiz | None:
        """Change columns of a quiz; None when it is gone."""
        async with AsyncSession(self._engine, expire_on_commit=False) as session:
            statement = update(Quiz).where(col(Quiz.id) == quiz_id).values({**changes, "updated_at": now()})
            quiz = await session.scalar(statement.returning(Quiz))
            await session.commit()
        return quiz

    async def delete(self, quiz_id: uuid.UUID) -> str | None:
        """Delete a quiz with all that belongs to it; the id of its active generation, when that is in the way."""
        of_quiz = select(col(WorkflowState.workflow_id)).where(col(WorkflowState.quiz_id) == quiz_id)
        async with self._engine.begin() as connection:
            # The lock first: a start that comes now waits, and then finds no quiz.
            await connection.execute(select(col(Quiz.id)).where(col(Quiz.id) == quiz_id).with_for_update())
            active = await connection.scalar(of_quiz.where(col(WorkflowState.status).in_(ACTIVE)))
            if active is not None:
                return str(active)
            await connection.execute(delete(ModelCall).where(col(ModelCall.workflow_id).in_(of_quiz)))
            await connection.execute(delete(ModelWait).where(col(ModelWait.workflow_id).in_(of_quiz)))
            await connection.execute(delete(Quiz).where(col(Quiz.id) == quiz_id))
        return None

    @contextlib.asynccontextmanager
    async def one_at_a_time(self, name: str) -> AsyncIterator[None]:
        """Keep other processes out of the same block with the same name: a second one waits."""
        async with self._engine.connect() as plain:
            # No transaction is held open while the caller works.
            connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
            key = lock_key(name)
            await connection.execute(select(func.pg_advisory_lock(key)))
            try:
                yield
            finally:
                await connection.execute(select(func.pg_advisory_unlock(key)))

    async def newest_with_fingerprint(self, owner_id: uuid.UUID, fingerprint: str) -> WorkflowState | None:
        """The newest generation of an owner's quizzes made from the same files and options."""
        query = (
            select(WorkflowState)
            .join(Quiz, col(Quiz.id) == col(WorkflowState.quiz_id))
            .where(col(Quiz.owner_id) == owner_id, col(Quiz.settings)["fingerprint"].astext == fingerprint)
            .order_by(col(WorkflowState.created_at).desc())
            .limit(1)
        )
        async with AsyncSession(self._engine) as session:
            return await session.scalar(query)

    async def documents(self, quiz_id: uuid.UUID) -> list[SourceDocument]:
        """The documents of a quiz in their order."""
        query = (
            select(SourceDocument).where(col(SourceDocument.quiz_id) == quiz_id).order_by(col(SourceDocument.ordinal))
        )
        async with AsyncSession(self._engine) as session:
            return list(await session.scalars(query.order_by(col(SourceDocument.ordinal))))

    async def save_chunks(self, document: SourceDocument, chunks: Sequence[Chunk]) -> list[ContentChunk]:
        """Write the chunks of a document once; a repeated call returns the first one's chunks."""
        rows = [
            {
                "document_id": document.id,
                "ordinal": ordinal,
                "section": chunk.section,
                "start": chunk.start,
                "end": chunk.end,
                "text": document.text[chunk.start : chunk.end],
            }
            for ordinal, chunk in enumerate(chunks)
        ]
        query = (
            select(ContentChunk).where(col(ContentChunk.document_id) == document.id).order_by(col(ContentChunk.ordinal))
        )
        async with AsyncSession(self._engine, expire_on_commit=False) as session:
            if rows and not (await session.scalars(query.limit(1))).first():
                await session.execute(insert(ContentChunk).on_conflict_do_nothing(), rows)
            saved = list(await session.scalars(query))
            await session.commit()
        return saved

    async def chunk(self, chunk_id: int) -> ChunkText | None:
        """The text of a chunk."""
        query = (
            select(col(ContentChunk.text), col(ContentChunk.start), col(SourceDocument.name))
            .join(SourceDocument, col(SourceDocument.id) == col(ContentChunk.document_id))
            .where(col(ContentChunk.id) == chunk_id)
        )
        async with self._engine.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else ChunkText(id=chunk_id, text=row[0], start=row[1], document=row[2])

    async def question_stems(self, quiz_id: uuid.UUID) -> list[tuple[str, int, str]]:
        """(workflow id, slot, stem) of every question of a quiz, the newest first."""
        query = (
            select(col(QuestionRow.workflow_id), col(QuestionRow.slot), col(QuestionRow.stem))
            .where(col(QuestionRow.quiz_id) == quiz_id)
            .order_by(col(QuestionRow.created_at).desc(), col(QuestionRow.workflow_id), col(QuestionRow.slot))
        )
        async with self._engine.connect() as connection:
            return [(row[0], row[1], row[2]) for row in await connection.execute(query)]
