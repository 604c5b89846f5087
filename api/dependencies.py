"""Who asks, and for which quiz: the dependencies of the routes."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Path, Request
from fastapi.security import OAuth2PasswordBearer
from fastapi.security.utils import get_authorization_scheme_param

from api.problems import Problem, not_found
from api.services import Services, services_of
from api.tokens import ExpiredToken, InvalidToken
from storage.tables import Quiz

_bearer = OAuth2PasswordBearer(tokenUrl="/auth/token", auto_error=False, description="A token of POST /auth/token.")

TheServices = Annotated[Services, Depends(services_of)]


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in user, and until when."""

    id: uuid.UUID
    signed_in_until: datetime


_Token = Annotated[str | None, Depends(_bearer)]


async def _caller(request: Request, token: _Token) -> Caller:
    services = await services_of(request)
    if not token:
        raise _unauthorized("There is no bearer token in the request.")
    try:
        return Caller(*services.tokens.read(token))
    except ExpiredToken:
        raise _unauthorized("The token has expired.") from None
    except InvalidToken:
        raise _unauthorized("The token is not valid.") from None


TheCaller = Annotated[Caller, Depends(_caller)]


@dataclass(frozen=True, slots=True)
class ClaimedQuiz:
    """A quiz that the caller says is theirs. Whoever reads with it compares the owner in the same statement."""

    id: uuid.UUID
    owner_id: uuid.UUID


async def claimed_quiz(
    request: Request,
    token: _Token,
    quiz_id: Annotated[str, Path(json_schema_extra={"format": "uuid"}, examples=[str(uuid.UUID(int=7))])],
) -> ClaimedQuiz:
    """The dependency of `TheClaimedQuiz`."""
    caller = await _caller(request, token)
    # As text: what is no id at all is not found either, like an id that nobody has.
    return ClaimedQuiz(id_of(quiz_id), caller.id)


TheClaimedQuiz = Annotated[ClaimedQuiz, Depends(claimed_quiz)]


async def _own_quiz(services: TheServices, claimed: TheClaimedQuiz) -> Quiz:
    quiz = await services.quizzes.load(claimed.id)
    if quiz is None or quiz.owner_id != claimed.owner_id:
        raise not_found()
    return quiz


# This caller's quiz; 404 for another's, the same as for none.
OwnQuiz = Annotated[Quiz, Depends(_own_quiz)]


def token_of(request: Request) -> str | None:
    """The bearer token of a request, as the dependencies read it."""
    scheme, token = get_authorization_scheme_param(request.headers.get("authorization"))
    return token if scheme.lower() == "bearer" else None


def id_of(text: str) -> uuid.UUID:
    """The id that a path holds; what is none is not found."""
    try:
        return uuid.UUID(text)
    except ValueError:
        raise not_found() from None


def address_of(request: Request) -> str:
    """Where a request comes from, as the server sees it."""
    return request.client.host if request.client else "unknown"


def _unauthorized(detail: str) -> Problem:
    return Problem("unauthorized", detail, headers={"WWW-Authenticate": "Bearer"})
