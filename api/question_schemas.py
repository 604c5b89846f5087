"""Requests and responses of questions: what crosses the wire."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationInfo, field_validator

from api.schemas import Body
from api.text import OptionalProse, Prose
from domain.linter.options import FEWEST_OPTIONS, MOST_OPTIONS
from domain.question import Option
from domain.review import Decision, Edit, RejectionReason, ReviewStatus
from domain.statuses import Bloom, Difficulty
from storage.tables import QuestionRow

T = TypeVar("T")

# Questions of one request. A page shows at most half of them.
MOST_AT_ONCE = 200
_ID = "5b2f1c3e-7a44-5d0b-8f43-0d7f8f2f9a10"
_WORKFLOW = "mcq_0b4f6f0e-3f9c-4f36-9f5e-6f1d0c7a2b11_5d1c9a7e"
_MOMENT = "2026-11-23T10:00:00Z"
_OPTIONS: list[JsonValue] = [
    {"text": "The mitochondrion", "why_wrong": ""},
    {"text": "The ribosome", "why_wrong": "It makes proteins."},
    {"text": "The nucleus", "why_wrong": "It holds the genome."},
]


class OptionOut(BaseModel):
    """One choice."""

    text: str
    why_wrong: str = Field(default="", description="Empty for the right one.")


class SourceOut(BaseModel):
    """The sentence that proves the answer; `start` and `end` count characters of the document's text."""

    document: str
    chunk: int | None = None
    start: int | None = None
    end: int | None = None
    quote: str


_QUESTION: dict[str, JsonValue] = {
    "id": _ID,
    "workflow_id": _WORKFLOW,
    "slot": 3,
    "stem": "Which organelle makes most of a cell's ATP?",
    "options": _OPTIONS,
    "key": 0,
    "explanation": "The mitochondrion is the organelle in which most of the cell's ATP is made.",
    "difficulty": "easy",
    "bloom": "remember",
    "source": {
        "document": "chapter-3.md",
        "chunk": 12,
        "start": 1_204,
        "end": 1_279,
        "quote": "The mitochondrion is the organelle in which most of the cell's ATP is made.",
    },
    "flaws": [],
    "model": "gpt-4.1-mini",
    "review_status": "unreviewed",
    "review_reason": None,
    "review_comment": None,
    "replaces_id": None,
    "edited_at": None,
    "created_at": _MOMENT,
    "updated_at": _MOMENT,
}


class QuestionOut(BaseModel):
    """A question."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_QUESTION]})

    id: uuid.UUID = Field(examples=[_ID])
    workflow_id: str = Field(description="The generation that wrote it.", examples=[_WORKFLOW])
    slot: int = Field(description="Its place in that generation, from 0.")
    stem: str = Field(examples=["Which organelle makes most of a cell's ATP?"])
    options: list[OptionOut] = Field(examples=[_OPTIONS])
    key: int = Field(description="The index of the right option, from 0.")
    explanation: str
    difficulty: Difficulty
    bloom: Bloom
    source: SourceOut
    flaws: list[str] = Field(description="The names of the linter's rules that it breaks.", examples=[["long-stem"]])
    model: str
    review_status: ReviewStatus
    review_reason: RejectionReason | None = Field(description="Why it was rejected.")
    review_comment: str | None
    replaces_id: uuid.UUID | None = Field(description="The question in whose place it was asked for.")
    edited_at: datetime | None = Field(description="When a person last changed it.")
    created_at: datetime = Field(examples=[_MOMENT])
    updated_at: datetime = Field(examples=[_MOMENT])

    @classmethod
    def of(cls, row: QuestionRow) -> Self:
        """From the row."""
        return cls.model_validate(row)


class QuestionPage(BaseModel):
    """Questions, oldest first."""

    items: list[QuestionOut]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last.")


class OptionIn(Body):
    """One choice."""

    text: Prose
    why_wrong: OptionalProse = Field(default="", description="Why it is wrong; dropped for the right one.")


class ChangedQuestion(Body):
    """What is to change of a question; what is left out stays."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"options": _OPTIONS, "key": 0}, {"difficulty": "hard"}]},
    )

    stem: Prose | None = None
    options: list[OptionIn] | None = Field(
        default=None,
        min_length=FEWEST_OPTIONS,
        max_length=MOST_OPTIONS,
        description="All of them, in their order; no two alike.",
    )
    key: Annotated[int, Field(strict=True, ge=0, lt=MOST_OPTIONS)] | None = Field(
        default=None, description="The index of the right option, from 0."
    )
    explanation: Prose | None = None
    difficulty: Difficulty | None = None
    bloom: Bloom | None = None

    def edit(self) -> Edit:
        """The edit that it asks for."""
        options = self.options
        return Edit(
            stem=self.stem,
            options=None if options is None else tuple(Option(one.text, one.why_wrong) for one in options),
            key=self.key,
            explanation=self.explanation,
            difficulty=self.difficulty,
            bloom=self.bloom,
        )


def _needs_words(comment: str | None, info: ValidationInfo) -> str | None:
    """`other` says nothing by itself."""
    if not comment and info.data.get("reason") is RejectionReason.OTHER:
        raise ValueError("the reason `other` needs a comment that says why")
    return comment or None


class Rejection(Body):
    """Why a question is not to be used."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"reason": "too_easy"}, {"reason": "other", "comment": "We dropped this chapter."}]
        },
    )

    reason: RejectionReason
    comment: OptionalProse | None = Field(
        default=None, validate_default=True, description="For whoever mends it; needed with the reason `other`."
    )

    _comment = field_validator("comment")(_needs_words)


class BulkAction(StrEnum):
    """What to do with many questions."""

    # Each as if it were approved by itself.
    APPROVE = "approve"
    # Each with the same reason and comment.
    REJECT = "reject"
    # For good.
    DELETE = "delete"


class Bulk(Body):
    """One action on many questions of a quiz."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"action": "approve", "question_ids": [_ID]},
                {"action": "reject", "question_ids": [_ID], "reason": "duplicate"},
            ]
        },
    )

    action: BulkAction
    question_ids: list[uuid.UUID] = Field(
        min_length=1, max_length=MOST_AT_ONCE, description="Each once.", json_schema_extra={"uniqueItems": True}
    )
    reason: RejectionReason | None = Field(
        default=None, validate_default=True, description="Needed to reject, and for nothing else."
    )
    comment: OptionalProse | None = Field(
        default=None, validate_default=True, description="Needed with the reason `other`."
    )

    @field_validator("question_ids")
    @classmethod
    def _each_once(cls, question_ids: list[uuid.UUID]) -> list[uuid.UUID]:
        if len(set(question_ids)) < len(question_ids):
            raise ValueError("an id is there more than once")
        return question_ids

    @field_validator("reason")
    @classmethod
    def _only_to_reject(cls, reason: RejectionReason | None, info: ValidationInfo) -> RejectionReason | None:
        action = info.data.get("action")
        if action is BulkAction.REJECT and reason is None:
            raise ValueError("rejecting needs a reason")
        return _of_a_rejection(reason, action)

    @field_validator("comment")
    @classmethod
    def _comment_of_a_rejection(cls, comment: str | None, info: ValidationInfo) -> str | None:
        return _of_a_rejection(_needs_words(comment, info), info.data.get("action"))

    def decision(self) -> Decision:
        """The judgement that it asks for; not for a deletion."""
        if self.action is BulkAction.APPROVE:
            return Decision(ReviewStatus.APPROVED)
        return Decision(ReviewStatus.REJECTED, self.reason, self.comment)


def _of_a_rejection(value: T, action: BulkAction | None) -> T:
    """What nobody would ever see is not taken in silence."""
    if value is not None and action in (BulkAction.APPROVE, BulkAction.DELETE):
        raise ValueError(f"it belongs to a rejection, not to `{action}`")
    return value


class BulkDone(BaseModel):
    """What an action on many questions came to."""

    action: BulkAction
    requested: int = Field(description="How many questions were named.")
    changed: int = Field(description="How many of them were not so before.")
    question_ids: list[uuid.UUID] = Field(description="The ids of those that changed, in the order of the request.")
