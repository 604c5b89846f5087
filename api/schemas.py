"""Requests and responses: what crosses the wire. Times are UTC, costs are US dollars."""

import uuid
from datetime import datetime
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from api.text import Line, ShortLine
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
