"""The documents of a quiz: their SQL, which is part of the store of quizzes."""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlmodel import col

from domain.documents.errors import ContentTooLarge
from storage.tables import Quiz, SourceDocument


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document to be added to a quiz."""

    name: str
    title: str
    text: str

    @property
    def content_hash(self) -> str:
        """SHA-256 of the text, hex."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class DocumentHead:
    """A document without its text, which may be megabytes."""

    id: uuid.UUID
    name: str
    title: str
    characters: int
    created_at: datetime


class Documents:
    """SQL on documents. Every method is one transaction."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def add_documents(
        self, quiz_id: uuid.UUID, documents: Sequence[NewDocument], *, most_bytes: int
    ) -> tuple[list[SourceDocument], int] | None:
        """Add documents after those that are there; the rows, and how many had been there with the same text.

        None when the quiz is gone. Raises ContentTooLarge when all together would exceed `most_bytes`.
        """
        hashes = [document.content_hash for document in documents]
        mine = col(SourceDocument.quiz_id) == quiz_id
        async with AsyncSession(self._engine, expire_on_commit=False) as session:
            # One upload at a time: the order of the documents, and the sum of their sizes.
            if await session.scalar(select(col(Quiz.id)).where(col(Quiz.id) == quiz_id).with_for_update()) is None:
                return None
            known = set(await session.scalars(select(col(SourceDocument.content_hash)).where(mine)))
            size, last = (
                await session.execute(
                    select(
                        func.coalesce(func.sum(func.octet_length(col(SourceDocument.text))), 0),
                        func.coalesce(func.max(col(SourceDocument.ordinal)), -1),
                    ).where(mine)
                )
            ).one()
            fresh: dict[str, NewDocument] = {}
            for one in documents:
                if one.content_hash not in known:
                    fresh.setdefault(one.content_hash, one)
            size += sum(len(document.text.encode()) for document in fresh.values())
            if size > most_bytes:
                raise ContentTooLarge(name="All content together", size=f"{size:,}", limit=f"{most_bytes:,}")
            for ordinal, (content_hash, document) in enumerate(fresh.items(), start=last + 1):
                session.add(
                    SourceDocument(
                        quiz_id=quiz_id,
                        ordinal=ordinal,
                        name=document.name,
                        title=document.title,
                        text=document.text,
                        content_hash=content_hash,
                    )
                )
            await session.commit()
            query = select(SourceDocument).where(mine, col(SourceDocument.content_hash).in_(hashes))
            rows = list(await session.scalars(query.order_by(col(SourceDocument.ordinal))))
        return rows, len(documents) - len(fresh)

    async def document_heads(self, quiz_id: uuid.UUID) -> list[DocumentHead]:
        """The documents of a quiz in their order, without their texts."""
        query = (
            select(
                col(SourceDocument.id),
                col(SourceDocument.name),
                col(SourceDocument.title),
                func.char_length(col(SourceDocument.text)),
                col(SourceDocument.created_at),
            )
            .where(col(SourceDocument.quiz_id) == quiz_id)
            .order_by(col(SourceDocument.ordinal))
        )
        async with self._engine.connect() as connection:
            return [DocumentHead(*row) for row in await connection.execute(query)]

    async def has_documents(self, quiz_id: uuid.UUID) -> bool:
        """Whether there is anything to ask about."""
        query = select(func.count()).where(col(SourceDocument.quiz_id) == quiz_id)
        async with self._engine.connect() as connection:
            return bool(await connection.scalar(query))

    async def document(self, quiz_id: uuid.UUID, document_id: uuid.UUID) -> SourceDocument | None:
        """A document of a quiz."""
        async with AsyncSession(self._engine) as session:
            document = await session.get(SourceDocument, document_id)
        return document if document is not None and document.quiz_id == quiz_id else None

    async def delete_document(self, quiz_id: uuid.UUID, document_id: uuid.UUID) -> bool:
        """Delete a document of a quiz with its chunks; False when there is none."""
        statement = delete(SourceDocument).where(
            col(SourceDocument.id) == document_id, col(SourceDocument.quiz_id) == quiz_id
        )
        async with self._engine.begin() as connection:
            return bool((await connection.execute(statement)).rowcount)
