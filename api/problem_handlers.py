"""From exceptions to problem details: the one place that knows which error is which status."""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from psycopg_pool import PoolTimeout
from sqlalchemy import exc
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from api.problems import MEDIA_TYPE, RETRY_AFTER, Problem, not_found, unavailable
from domain.documents import ContentError, ContentTooLarge
from service.errors import (
    ActiveGeneration,
    CannotResume,
    KeyReused,
    NotPossible,
    NotSupported,
    ServiceError,
    TemporalUnavailable,
    UnknownGeneration,
)

log = structlog.get_logger()

_BY_STATUS = {413: "too-large", 415: "unsupported-media-type"}


def install(app: FastAPI) -> None:
    """Answer failures with a problem. What nobody expected is answered in api/guards.py, inside of the log."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _of_the_framework)
    app.add_exception_handler(ServiceError, _of_the_service)
    app.add_exception_handler(ContentError, _content)
    for error in (exc.DBAPIError, exc.TimeoutError, psycopg.Error, PoolTimeout, TimeoutError):
        app.add_exception_handler(error, _database)


def respond(problem: Problem) -> JSONResponse:
    """The problem as a response."""
    return JSONResponse(problem.body(), problem.status, problem.headers, MEDIA_TYPE)


async def _problem(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)  # noqa: S101 - that is what it is installed for
    return respond(error)


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - that is what it is installed for
    # Never the input itself: it may be a password, or text that is no valid Unicode.
    return respond(_wrong_fields([(_field(one), one["msg"]) for one in error.errors()]))


async def _of_the_framework(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - that is what it is installed for
    if error.status_code == 404:
        return respond(not_found())
    if error.status_code == 400:  # the word of FastAPI and Starlette for a body that they cannot read
        return respond(_wrong_fields([("body", str(error.detail))]))
    if error.status_code == 405:
        # The pages about the document are in no document.
        allowed = ", ".join(sorted(_methods(request))) or (error.headers or {}).get("Allow", "")
        return respond(Problem("method-not-allowed", f"This address takes {allowed}.", headers={"Allow": allowed}))
    return respond(Problem(_BY_STATUS.get(error.status_code, "bad-request"), str(error.detail), headers=error.headers))


async def _of_the_service(_request: Request, error: Exception) -> JSONResponse:
    detail, extra, headers = str(error), dict[str, Any](), dict[str, str]()
    match error:
        case UnknownGeneration():
            return respond(not_found())
        case ActiveGeneration():
            kind, extra = "active-generation", {"workflow_id": error.workflow_id}
        case CannotResume():
            kind = "cannot-resume"
        case NotSupported():
            kind = "needs-persistence"
        case NotPossible():
            kind = "not-possible"
        case KeyReused():
            kind = "key-reused"
        case TemporalUnavailable():
            kind, headers = "unavailable", {"Retry-After": str(RETRY_AFTER)}
        case _:
            raise error
    return respond(Problem(kind, detail, extra=extra, headers=headers))


async def _content(_request: Request, error: Exception) -> JSONResponse:
    kind = "too-large" if isinstance(error, ContentTooLarge) else "unusable-content"
    return respond(Problem(kind, str(error)))


async def _database(_request: Request, error: Exception) -> JSONResponse:
    """PostgreSQL is away, or says no to something that our own checks should have caught."""
    cause = error.orig if isinstance(error, exc.DBAPIError) else error
    ours = isinstance(cause, psycopg.DataError | psycopg.IntegrityError | psycopg.ProgrammingError)
    if ours and not isinstance(cause, psycopg.errors.ForeignKeyViolation):
        raise error
    if ours:
        return respond(not_found())  # what it belongs to was deleted meanwhile
    log.warning("database_unavailable", error=type(cause).__name__)
    return respond(unavailable("PostgreSQL"))


def _wrong_fields(errors: Sequence[tuple[str, str]]) -> Problem:
    told = [{"field": field, "message": message.encode("utf-8", "replace").decode()} for field, message in errors]
    return Problem("invalid", "Some fields are not valid.", extra={"errors": told})


def _field(error: Mapping[str, Any]) -> str:
    """`("body", "options", 2, "text")` is `options.2.text`; a body that cannot be read is `body`."""
    names = [str(part) for part in error["loc"]]
    if error["type"] == "json_invalid":
        return "body"  # the rest is an offset
    return ".".join(names[1:] if names[0] in _PARTS and len(names) > 1 else names)


def _methods(request: Request) -> set[str]:
    """Every method that an address takes, from the OpenAPI document: the framework names those of one route only."""
    paths = request.app.openapi()["paths"].items()
    matching = [item for path, item in paths if compile_path(path)[0].match(request.scope["path"])]
    return {method.upper() for item in matching for method in item}


_PARTS = ("body", "query", "path", "header", "cookie", "form")


def headers_of(problem: Problem) -> Mapping[str, str]:
    """The headers of a problem that is written without a response object."""
    return {"Content-Type": MEDIA_TYPE, **problem.headers}
