"""What stands before every route: a bound on the body's size, and an end to waiting for a part that is slow.

Written as plain ASGI: they must see the body as it arrives, and answer while a handler still hangs.
"""

import asyncio
import json
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problem_handlers import headers_of
from api.problems import Problem, unavailable

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
        guarded = _Request(receive, send, self._most_upload + _MULTIPART if uploads else MOST_JSON)
        scope["state"]["clock"] = guarded
        if (declared := _declared_length(scope)) is not None and declared > guarded.most_bytes:
            await guarded.answer(guarded.too_large())
            return
        await guarded.run(self._app, scope, has_body=(declared is None and _is_chunked(scope)) or bool(declared))


class _Request:
    """One request under guard."""

    def __init__(self, receive: Receive, send: Send, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self._receive, self._send = receive, send
        self._received = 0
        self._responding = False
        self._given_up = False
        self._timer: asyncio.TimerHandle | None = None
        self._expired = asyncio.get_running_loop().create_future()

    async def run(self, app: ASGIApp, scope: Scope, *, has_body: bool) -> None:
        """Run the application until it has answered, or until its time is over."""
        if not has_body:
            self.restart()
        task = asyncio.ensure_future(app(scope, self._guarded_receive, self._guarded_send))
        try:
            await asyncio.wait({task, self._expired}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.stop()
            if not task.done():
                # Not awaited: what hangs in a driver may hang in its cancellation too.
                self._given_up = True
                task.cancel()
                task.add_done_callback(_look_at)
        if task.done():
            if isinstance(error := task.exception() if not task.cancelled() else None, _TooLarge):
                await self._answer_too_late(self.too_large())
            elif error is not None:
                raise error
            return
        await self._answer_too_late(unavailable("A part of the service"))

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
        return Problem("too-large", f"The body is larger than {self.most_bytes:,} bytes.")

    async def _answer_too_late(self, problem: Problem) -> None:
        if not self._responding:
            await self.answer(problem)

    def _expire(self) -> None:
        if not self._expired.done():
            self._expired.set_result(None)

    async def _guarded_receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._received += len(message.get("body", b""))
            if self._received > self.most_bytes:
                raise _TooLarge
            if not message.get("more_body", False) and not self._responding:
                self.restart()  # a slow client's own time does not count
        return message

    async def _guarded_send(self, message: Message) -> None:
        if self._given_up:
            raise asyncio.CancelledError
        if message["type"] == "http.response.start":
            self._responding = True
            self.stop()  # what streams may take its time
        await self._send(message)


class _TooLarge(Exception):
    """The body grew over its bound while it was read."""


def _look_at(task: "asyncio.Future[Any]") -> None:
    """Take note of how an abandoned handler ended, so that asyncio does not complain."""
    if not task.cancelled():
        task.exception()


def _declared_length(scope: Scope) -> int | None:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else None
    return None


def _is_chunked(scope: Scope) -> bool:
    return any(name == b"transfer-encoding" for name, _ in scope["headers"])
