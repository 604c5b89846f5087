"""What stands before every route: a bound on the body's size, and an end to waiting for a part that is slow.

Written as plain ASGI: they must see the body as it arrives, and answer while a handler still hangs.
"""

import asyncio
import json
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problem_handlers import headers_of
from api.problems import Problem, unavailable

log = structlog.get_logger()

# A client hears within 3 s that a part is away. The rest is for the answer's way.
DEADLINE = 2.8
# Bodies that are no documents: the longest question of all, with its explanations, is far below.
MOST_JSON = 200_000
# What multipart adds around a document.
_MULTIPART = 20_000


class Guards:
    """Middleware. `most_upload` bounds the bodies of addresses that end in `/documents`, in bytes."""

    def __init__(self, app: ASGIApp, *, most_upload: int) -> None:
        self._app = app
        self._most_upload = most_upload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 413 and 503 in the place of the application when its time has come."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # JSON escapes can make six bytes of one; the limit on the text itself is the document's.
        uploads = scope["path"].endswith("/documents")
        guarded = _Request(receive, send, self._most_upload if uploads else MOST_JSON, around=_MULTIPART * uploads)
        scope["state"]["clock"] = guarded
        if (declared := _declared_length(scope)) is not None and declared > guarded.most_bytes:
            await guarded.answer(guarded.too_large())
            return
        await guarded.run(self._app, scope, has_body=(declared is None and _is_chunked(scope)) or bool(declared))


class _Request:
    """One request under guard."""

    def __init__(self, receive: Receive, send: Send, told_bytes: int, *, around: int) -> None:
        # What people are told is the bound of what they send, without what their client puts around it.
        self._told_bytes, self.most_bytes = told_bytes, told_bytes + around
        self._receive, self._send = receive, send
        self._received = 0
        self._responding = False
        self._grew_too_large = False
        # Whether the body has been received.
        self._whole = True
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[Any] | None = None
        # The answer that was given in the handler's place.
        self._giving_up: asyncio.Task[None] | None = None

    async def run(self, app: ASGIApp, scope: Scope, *, has_body: bool) -> None:
        """Run the application until it has answered, or until its time is over."""
        self._task = asyncio.current_task()
        self._whole = not has_body
        self.restart()
        try:
            await app(scope, self._guarded_receive, self._guarded_send)
        except _TooLarge:
            if not self._responding:
                await self.answer(self.too_large())
        except asyncio.CancelledError:
            if self._giving_up is None:
                raise
            await self._giving_up
        except Exception as error:
            if self._giving_up is not None:
                return  # what fails because it was given up has been answered
            log.error("unexpected_error", exc_info=error)
            if self._responding:
                raise  # half an answer: the connection must break
            await self.answer(Problem("internal", "Something went wrong that should not."))
        finally:
            self.stop()

    def restart(self, seconds: float = DEADLINE) -> None:
        """Count from now. Handlers with work of their own to do may ask for more."""
        self.stop()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._expire)

    def stop(self) -> None:
        """Stop counting."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def answer(self, problem: Problem) -> None:
        """Answer with a problem."""
        body = json.dumps(problem.body()).encode()
        headers = {**headers_of(problem), "Content-Length": str(len(body)), "Connection": "close"}
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await self._send({"type": "http.response.start", "status": problem.status, "headers": raw})
        await self._send({"type": "http.response.body", "body": body})

    def too_large(self) -> Problem:
        """The problem of a body over the bound."""
        return Problem("too-large", f"The body is larger than {self._told_bytes:,} bytes.")

    def _expire(self) -> None:
        """Answer in the handler's place, and end it. It may hang in a driver, and in its cancellation too."""
        if not self._responding and self._task is not None:
            self._giving_up = asyncio.ensure_future(self.answer(unavailable("A part of the service")))
            self._task.cancel()

    async def _guarded_receive(self) -> Message:
        waits_for_client = not self._whole and not self._responding
        if waits_for_client:
            self.stop()  # a slow client's own time does not count
        message = await self._receive()
        if waits_for_client:
            self.restart()
        if message["type"] == "http.request":
            self._received += len(message.get("body", b""))
            if self._received > self.most_bytes:
                self._grew_too_large = True
                raise _TooLarge
            self._whole = self._whole or not message.get("more_body", False)
        return message

    async def _guarded_send(self, message: Message) -> None:
        if self._giving_up is not None:
            raise asyncio.CancelledError
        if self._grew_too_large and not self._responding:
            raise _TooLarge  # FastAPI makes a 400 of whatever the reading of a body raises
        if message["type"] == "http.response.start":
            self._responding = True
            self.stop()  # what streams may take its time
        await self._send(message)


class _TooLarge(Exception):
    """The body grew over its bound while it was read."""


def _declared_length(scope: Scope) -> int | None:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else None
    return None


def _is_chunked(scope: Scope) -> bool:
    return any(name == b"transfer-encoding" for name, _ in scope["headers"])
