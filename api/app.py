"""The application: routes, guards, and what opens and closes with it."""

import asyncio
import contextlib
import gc
import signal
from collections.abc import AsyncIterator
from importlib.metadata import version
from types import FrameType
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api import problem_handlers
from api.access_log import AccessLog
from api.guards import Guards
from api.live import Live
from api.problems import ProblemBody
from api.routes import auth, documents, events, generations, health, question_review, questions, quizzes, status
from api.schemas import PastedDocument
from api.services import open_services
from settings import Settings
from telemetry import configure_logging

DESCRIPTION = """
Writes multiple-choice questions from course content, and never loses one.

Sign up, get a token, create a quiz, add documents, ask for questions; then poll the status or follow the events. What
was accepted (202) is carried out whatever crashes. Every failure is a problem document (RFC 9457) that says what to do.
"""


def create_app(settings: Settings) -> FastAPI:
    """The application with these settings."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_services(settings) as services:
            app.state.services = services
            _end_streams_at_a_stop(services.live)
            # What was imported stays; looking through it again and again would hold up requests.
            gc.collect()
            gc.freeze()
            yield

    app = FastAPI(
        title="mcq", version=version("mcq"), description=DESCRIPTION, lifespan=lifespan, redirect_slashes=False
    )
    problem_handlers.install(app)
    # In the order in which they are looked through: what is asked for most comes first.
    for routes in (status, generations, events, auth, quizzes, documents, questions, question_review, health):
        app.include_router(routes.router)
    # The last one added is the first that sees a request.
    app.add_middleware(Guards, most_upload=settings.api_max_upload)
    app.add_middleware(AccessLog)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]  # FastAPI's documented way
    return app


def from_environment() -> FastAPI:
    """The application as a server process makes it."""
    settings = Settings()
    configure_logging(settings.log_level)
    return create_app(settings)


def _end_streams_at_a_stop(live: Live) -> None:
    """Ahead of the server's own handling of the signal: it waits for open connections, and event streams never end."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        before = signal.getsignal(number)

        def handle(number: int, frame: FrameType | None, before: Any = before) -> None:
            loop.call_soon_threadsafe(live.close)
            if callable(before):
                before(number, frame)

        signal.signal(number, handle)


def _openapi(app: FastAPI) -> dict[str, Any]:
    """FastAPI's document with the models that routes only refer to."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        for operation in (one for item in document["paths"].values() for one in item.values()):
            if "application/json" in operation["responses"].get("422", {}).get("content", {}):
                del operation["responses"]["422"]  # FastAPI's own, which nothing answers with
        schemas = document["components"]["schemas"]
        for model in (ProblemBody, PastedDocument):
            schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas |= schema.pop("$defs", {})
            schemas[model.__name__] = schema
        # Ours are problem documents.
        schemas.pop("HTTPValidationError", None)
        schemas.pop("ValidationError", None)
        app.openapi_schema = document
    return app.openapi_schema
