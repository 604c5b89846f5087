"""Requests and responses: what crosses the wire. Times are UTC, costs are US dollars."""

import uuid
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from api.text import Line, ShortLine
from domain.statuses import Status
from service.requests import MAX_QUESTIONS
from service.status import GenerationStatus
from storage.documents import DocumentHead
from storage.tables import Quiz, SourceDocument

_LONGEST_EMAIL = 320
_MOMENT = "2026-11-23T10:00:00Z"
_ID = "0b4f6f0e-3f9c-4f36-9f5e-6f1d0c7a2b11"
_WORKFLOW = f"mcq_{_ID}_5d1c9a7e"


class Body(BaseModel):
    """A request's body: a mistyped field is an error, not ignored."""

    model_config = ConfigDict(extra="forbid")


def _small(email: str) -> str:
    small = email.lower()
    if len(small) > _LONGEST_EMAIL:  # some letters are two when they are small
        raise ValueError("it is too long")
    return small


def _encodable(password: SecretStr) -> SecretStr:
    try:
        password.get_secret_value().encode()
    except UnicodeEncodeError:
        raise ValueError("it holds characters that are no text") from None
    return password


# Not a full check of RFC 5321, which only a sent message could give: one @ with something on both sides.
Email = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, max_length=_LONGEST_EMAIL, pattern=r"^[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+$"
    ),
    AfterValidator(_small),
]


class SignUp(Body):
    """A new account."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"email": "teacher@school.example", "password": "correct horse"}]},
    )

    email: Email
    password: Annotated[SecretStr, AfterValidator(_encodable)] = Field(
        min_length=8, max_length=256, description="8 to 256 characters."
    )


class Account(BaseModel):
    """An account."""

    id: uuid.UUID = Field(examples=[_ID])
    email: str


class Token(BaseModel):
    """A bearer token."""

    access_token: str
    token_type: str = "bearer"  # noqa: S105 - the scheme's name
    expires_in: int = Field(description="Seconds from now.", examples=[43_200])


class NewQuiz(Body):
    """A quiz to be created."""

    title: Line = Field(examples=["Cell biology"])
    language: ShortLine = Field(default="English", description="The language of the questions.")


class ChangedQuiz(Body):
    """What is to change of a quiz; what is left out stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"title": "Cell biology, autumn"}]})

    title: Line | None = None
    language: ShortLine | None = None


class QuizOut(BaseModel):
    """A quiz."""

    id: uuid.UUID = Field(examples=[_ID])
    title: str
    language: str
    created_at: datetime = Field(examples=[_MOMENT])
    updated_at: datetime = Field(examples=[_MOMENT])

    @classmethod
    def of(cls, quiz: Quiz) -> Self:
        """From the row."""
        return cls.model_validate(quiz, from_attributes=True)


class QuizPage(BaseModel):
    """Quizzes, newest first."""

    items: list[QuizOut]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last.")


class PastedDocument(Body):
    """A document as text: plain or Markdown."""

    title: Line = Field(examples=["Chapter 3: The cell"])
    text: str = Field(min_length=1, examples=["The mitochondrion is the organelle in which …"])


class DocumentOut(BaseModel):
    """A document, without its text."""

    id: uuid.UUID = Field(examples=[_ID])
    name: str = Field(examples=["chapter-3.md"])
    title: str = Field(examples=["Chapter 3: The cell"])
    characters: int = Field(examples=[15_734])
    created_at: datetime = Field(examples=[_MOMENT])

    @classmethod
    def of(cls, document: SourceDocument | DocumentHead) -> Self:
        """From the row, or from what was read of it."""
        characters = document.characters if isinstance(document, DocumentHead) else len(document.text)
        return cls(
            id=document.id,
            name=document.name,
            title=document.title,
            characters=characters,
            created_at=document.created_at,
        )


class DocumentText(DocumentOut):
    """A document with its text."""

    text: str


class Documents(BaseModel):
    """The documents of a quiz in their order."""

    items: list[DocumentOut]


class AddedDocuments(Documents):
    """What an upload came to."""

    already_there: int = Field(description="How many of those sent had been there before, with the same text.")


class GenerateQuestions(Body):
    """A request for questions."""

    target_question_count: int = Field(ge=1, le=MAX_QUESTIONS, strict=True, examples=[50])
    model: ShortLine | None = Field(default=None, description="The service's default if left out.")
    temperature: float | None = Field(
        default=None, ge=0, le=2, allow_inf_nan=False, description="The provider's default if left out."
    )
    resume_existing: bool = Field(
        default=False, description="Continue the newest generation that can be resumed, if there is one."
    )


class Accepted(BaseModel):
    """The request is stored and will be carried out, whatever happens to us."""

    message: str = Field(examples=["Question generation started"])
    workflow_id: str = Field(examples=[_WORKFLOW])


class Progress(BaseModel):
    """How far it is."""

    completed: int
    total: int
    percentage: float = Field(ge=0, le=100)


class Tokens(BaseModel):
    """Tokens of the model so far."""

    prompt: int
    completion: int


class WaitingOut(BaseModel):
    """Questions that wait for the provider, which is away or busy."""

    slots: int
    reason: str
    since: datetime
    retry_at: datetime


class StalledOut(BaseModel):
    """Why nothing happens although it is running."""

    reason: str
    since: datetime
    attempt: int | None = Field(default=None, description="How often the failing step was tried.")


_STATUS: dict[str, Any] = {
    "workflow_id": _WORKFLOW,
    "quiz_id": _ID,
    "status": "running",
    "progress": {"completed": 17, "total": 50, "percentage": 34.0},
    "current_node": "write_questions",
    "error": None,
    "can_resume": False,
    "pausing": False,
    "waiting": None,
    "stalled": None,
    "in_flight": 8,
    "revised": 2,
    "rejected": 1,
    "model_calls": 19,
    "tokens": {"prompt": 38_400, "completion": 7_900},
    "cost": 0.028,
    "eta": "2026-11-23T10:01:12Z",
    "resumed": 0,
    "created_at": _MOMENT,
    "updated_at": "2026-11-23T10:00:31Z",
    "completed_at": None,
}


class StatusOut(BaseModel):
    """Where a generation stands."""

    model_config = ConfigDict(use_enum_values=True, json_schema_extra={"examples": [_STATUS]})

    workflow_id: str = Field(examples=[_WORKFLOW])
    quiz_id: uuid.UUID = Field(examples=[_ID])
    status: Status
    progress: Progress
    current_node: str | None = Field(description="The step of the story: prepare_content, write_questions, finish.")
    error: str | None = Field(description="Why it failed, or paused itself.")
    can_resume: bool
    pausing: bool = Field(description="A pause was asked for and no worker has taken it up yet.")
    waiting: WaitingOut | None
    stalled: StalledOut | None
    in_flight: int = Field(description="Questions being written at this moment.")
    revised: int = Field(description="Answers that were sent back with their problems.")
    rejected: int = Field(description="Answers that could not be used.")
    model_calls: int
    tokens: Tokens
    cost: float | None = Field(description="US dollars; null when the price of the model is not known.")
    eta: datetime | None = Field(
        description="When it is done at the pace measured so far; null while it does not get on."
    )
    resumed: int = Field(description="How often it went on in a new run after an end.")
    created_at: datetime = Field(examples=[_MOMENT])
    updated_at: datetime = Field(examples=[_MOMENT])
    completed_at: datetime | None


class Resumable(BaseModel):
    """The generations of a quiz that can be resumed, newest first."""

    items: list[StatusOut]


def status_json(status: GenerationStatus) -> dict[str, Any]:
    """A status as StatusOut has it. Built by hand: it is asked for a thousand times a second."""
    waiting, stalled = status.waiting, status.stalled
    return {
        "workflow_id": status.workflow_id,
        "quiz_id": status.quiz_id,
        "status": status.status.value,
        "progress": {"completed": status.completed, "total": status.total, "percentage": status.percentage},
        "current_node": status.current_node,
        "error": status.error,
        "can_resume": status.can_resume,
        "pausing": status.pausing,
        "waiting": waiting
        and {
            "slots": waiting.slots,
            "reason": waiting.reason,
            "since": waiting.since,
            "retry_at": waiting.retry_at,
        },
        "stalled": stalled and {"reason": stalled.reason, "since": stalled.since, "attempt": stalled.attempt},
        "in_flight": status.in_flight,
        "revised": status.revised,
        "rejected": status.rejected,
        "model_calls": status.calls,
        "tokens": {"prompt": status.prompt_tokens, "completion": status.completion_tokens},
        "cost": status.cost,
        "eta": status.eta,
        "resumed": status.resumed,
        "created_at": status.created_at,
        "updated_at": status.updated_at,
        "completed_at": status.completed_at,
    }
