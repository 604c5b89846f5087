"""The tables. Migrations in `storage/migrations` build the same; a test proves it."""

import uuid
from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, MetaData, Text, UniqueConstraint, text, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

# Constraints get predictable names, so that migrations can name them and queries can tell which one was hit.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
ONE_ACTIVE_GENERATION = "uq_workflow_state_active_quiz"


def now() -> datetime:
    """The current time, UTC."""
    return datetime.now(UTC)


def _json() -> Any:
    return Column(JSONB(none_as_null=True), nullable=False, server_default=text("'{}'"))


def _created() -> Any:
    return Field(default_factory=now, sa_type=DateTime(timezone=True))


def _moment() -> Any:
    return Field(default=None, sa_type=DateTime(timezone=True), nullable=True)


class Table(SQLModel):
    """What all tables share."""

    metadata: ClassVar[MetaData] = metadata


class User(Table, table=True):
    """Who owns quizzes. The local account of the embedded stack has no password."""

    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    email: str = Field(unique=True, max_length=320)
    password_hash: str | None = None
    created_at: datetime = _created()


class SignInFailure(Table, table=True):
    """Failed sign-ins of one e-mail or address within one window of time, so that guessing is slow."""

    __tablename__ = "sign_in_failure"

    # What was guessed at or from, hashed: see api/throttle.py.
    key: str = Field(primary_key=True, max_length=64)
    failures: int
    since: datetime = _created()


class Quiz(Table, table=True):
    """What a teacher owns: a title, content, settings, questions."""

    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    owner_id: uuid.UUID = Field(foreign_key="user.id", ondelete="CASCADE", index=True)
    title: str = Field(max_length=300)
    language: str = Field(default="English", max_length=60)
    settings: dict[str, Any] = Field(default_factory=dict, sa_column=_json())
    created_at: datetime = _created()
    updated_at: datetime = _created()


class SourceDocument(Table, table=True):
    """One document of a quiz as text. Too large for workflow history, so only its id travels."""

    __tablename__ = "source_document"
    __table_args__ = (UniqueConstraint("quiz_id", "content_hash"),)

    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    quiz_id: uuid.UUID = Field(foreign_key="quiz.id", ondelete="CASCADE")
    ordinal: int
    name: str = Field(max_length=300)
    title: str = Field(max_length=300)
    text: str = Field(sa_type=Text)
    content_hash: str = Field(max_length=64)
    created_at: datetime = _created()


class ContentChunk(Table, table=True):
    """A span of a document, offsets in characters; questions cite a verbatim quote of it."""

    __tablename__ = "content_chunk"
    __table_args__ = (UniqueConstraint("document_id", "ordinal"),)

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    document_id: uuid.UUID = Field(foreign_key="source_document.id", ondelete="CASCADE")
    ordinal: int
    section: int
    start: int
    end: int
    text: str = Field(sa_type=Text)


class WorkflowState(Table, table=True):
    """The mirror of one generation: what the app reads. Derived from workflow history, never the truth."""

    __tablename__ = "workflow_state"
    __table_args__ = (
        Index(ONE_ACTIVE_GENERATION, "quiz_id", unique=True, postgresql_where=text("status IN ('running', 'paused')")),
    )

    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)
    workflow_id: str = Field(unique=True, max_length=200)
    workflow_type: str = Field(index=True, max_length=100)
    quiz_id: uuid.UUID = Field(foreign_key="quiz.id", ondelete="CASCADE", index=True)
    # The run whose snapshots are accepted; empty until the first one lands.
    run_id: str | None = Field(default=None, max_length=100)
    # The number of the last accepted snapshot of that run.
    sequence: int = 0
    current_node: str | None = Field(default=None, max_length=100)
    state_data: dict[str, Any] = Field(default_factory=dict, sa_column=_json())
    checkpoint_data: dict[str, Any] = Field(default_factory=dict, sa_column=_json())
    status: str = Field(max_length=20)
    error_message: str | None = Field(default=None, sa_type=Text)
    retry_count: int = 0
    total_steps: int
    completed_steps: int = 0
    last_checkpoint: datetime | None = _moment()
    created_at: datetime = _created()
    updated_at: datetime = _created()
    completed_at: datetime | None = _moment()


class IdempotencyKey(Table, table=True):
    """A request to generate that carried an `Idempotency-Key`: repeated, it is answered with the same generation."""

    __tablename__ = "idempotency_key"

    owner_id: uuid.UUID = Field(primary_key=True, foreign_key="user.id", ondelete="CASCADE")
    key: str = Field(primary_key=True, max_length=255)
    # SHA-256 of quiz and body, hex: the same key with another request is a mistake of the client.
    request_hash: str = Field(max_length=64)
    workflow_id: str = Field(max_length=200, foreign_key="workflow_state.workflow_id", ondelete="CASCADE", index=True)
    # False while it is not sure that the generation was resumed for this request: a repetition sees to it.
    carried_out: bool = Field(default=True, sa_column_kwargs={"server_default": true()})
    created_at: datetime = _created()


class WorkflowEvent(Table, table=True):
    """The log of a generation: one row for each accepted snapshot."""

    __tablename__ = "workflow_event"
    __table_args__ = (UniqueConstraint("workflow_state_id", "run_id", "sequence"),)

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    workflow_state_id: uuid.UUID = Field(foreign_key="workflow_state.id", ondelete="CASCADE", index=True)
    run_id: str = Field(max_length=100)
    sequence: int
    event_type: str = Field(max_length=20)
    event_data: dict[str, Any] = Field(default_factory=dict, sa_column=_json())
    created_at: datetime = _created()


class QuestionRow(Table, table=True):
    """A finished question; its id is a function of (workflow id, slot), so that writing it twice is writing it once."""

    __tablename__ = "question"
    __table_args__ = (UniqueConstraint("workflow_id", "slot"),)

    id: uuid.UUID = Field(primary_key=True)
    quiz_id: uuid.UUID = Field(foreign_key="quiz.id", ondelete="CASCADE", index=True)
    workflow_id: str = Field(max_length=200)
    slot: int
    stem: str = Field(sa_type=Text)
    options: list[dict[str, str]] = Field(sa_column=Column(JSONB, nullable=False))
    key: int
    explanation: str = Field(sa_type=Text)
    difficulty: str = Field(max_length=20)
    bloom: str = Field(max_length=20)
    # {"document", "chunk", "start", "end", "quote"}: offsets in characters of the document's text.
    source: dict[str, Any] = Field(sa_column=_json())
    flaws: list[str] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False, server_default=text("'[]'")))
    model: str = Field(max_length=200)
    prompt_version: str = Field(max_length=40)
    prompt_tokens: int
    completion_tokens: int
    cost: float | None = None
    review_status: str = Field(default="unreviewed", max_length=20)
    # Why it was rejected: see domain/review.py.
    review_reason: str | None = Field(default=None, max_length=40)
    review_comment: str | None = Field(default=None, sa_type=Text)
    # The question that this one was asked for in place of.
    replaces_id: uuid.UUID | None = None
    # When a person changed its text.
    edited_at: datetime | None = _moment()
    created_at: datetime = _created()
    updated_at: datetime = _created()


class ModelCall(Table, table=True):
    """One answer of the model: written before its activity returns, read before any call, so that it is paid once."""

    __tablename__ = "model_call"

    workflow_id: str = Field(primary_key=True, max_length=200)
    slot: int = Field(primary_key=True)
    step: str = Field(primary_key=True, max_length=20)
    attempt: int = Field(primary_key=True)
    chunk_id: int = Field(sa_type=BigInteger)
    raw: str = Field(sa_type=Text)
    # The question as read, arranged and checked from the raw answer; empty when it could not be used.
    question: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True))
    flaws: list[dict[str, str]] = Field(
        default_factory=list, sa_column=Column(JSONB, nullable=False, server_default=text("'[]'"))
    )
    unusable: str | None = Field(default=None, sa_type=Text)
    model: str = Field(max_length=200)
    prompt_version: str = Field(max_length=40)
    prompt_tokens: int
    completion_tokens: int
    cost: float | None = None
    created_at: datetime = _created()


class ModelWait(Table, table=True):
    """A slot that waits for the provider to come back: shown to the user, deleted when an answer arrives."""

    __tablename__ = "model_wait"

    workflow_id: str = Field(primary_key=True, max_length=200)
    slot: int = Field(primary_key=True)
    reason: str = Field(sa_type=Text)
    since: datetime = _created()
    retry_at: datetime = _created()
