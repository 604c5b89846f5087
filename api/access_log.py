"""One line in the log for each request, an id by which its lines are found again, and its time in the metrics."""

import re
import time
import uuid

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from metrics.http import observe_request

log = structlog.get_logger()

# A caller's own id is kept when it is one; whatever else it sends must not get into the log.
_USABLE = re.compile(r"[A-Za-z0-9._-]{1,64}")


class AccessLog:
    """Middleware. Logs the route's template, not the address: that may hold what a person typed.

    Reads that succeed are told at DEBUG only: pages poll each second, and their lines would drown the rest.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Bind the request's id, run the application, tell how it went."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        scope.setdefault("state", {})
        began, status = time.perf_counter(), 0

        async def noting_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self._app(scope, receive, noting_send)
        finally:
            seconds = time.perf_counter() - began
            route = getattr(scope.get("route"), "path", None)
            observe_request(scope["method"], route, status, seconds)
            reads = scope["method"] in ("GET", "HEAD") and status < 400
            tell = log.debug if reads else log.info
            tell("request", method=scope["method"], route=route, status=status, milliseconds=round(seconds * 1000, 1))


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _USABLE.fullmatch(value.decode("latin-1")):
            return str(value.decode("latin-1"))
    return uuid.uuid4().hex
