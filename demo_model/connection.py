"""Misbehaviour on the wire itself: connections dropped, answers cut midway, answers that never come.

ASGI has no words for these, so the protocol class hands each request its transport.
"""

import asyncio
import contextlib
import socket
import struct

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol


class OpenProtocol(H11Protocol):
    """uvicorn's HTTP protocol, with the transport in the request's state."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn itself
        """Keep the transport where a response finds it."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


def _transport(scope: Scope) -> asyncio.Transport:
    transport: asyncio.Transport = scope["state"]["transport"]
    return transport


def reset(transport: asyncio.WriteTransport) -> None:
    """End a connection as a dying machine or a firewall does, with RST: who reads gets an error, and not an end.

    What was written and not sent is lost.
    """
    with contextlib.suppress(OSError):  # it has ended already
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def wait_for_client_to_leave(receive: Receive, seconds: float) -> bool:
    """Wait so long; True at once when the client hangs up meanwhile."""
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return False
    return True


class Drop(Response):
    """No answer: the connection is reset."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Reset the connection and let the server notice."""
        reset(_transport(scope))
        await wait_for_client_to_leave(receive, 1)


class Cut(Response):
    """A proper start, half of the promised body, then the end of the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send half, close."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body[: len(self.body) // 2])
        await send({"type": "http.response.body", "body": half, "more_body": True})
        _transport(scope).close()  # what was written is still sent
        await wait_for_client_to_leave(receive, 1)


class Stall(Response):
    """Silence until the client gives up, or for `limit` seconds at most; then the connection is reset."""

    def __init__(self, limit: float) -> None:
        super().__init__()
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Say nothing."""
        if not await wait_for_client_to_leave(receive, self.limit):
            await Drop()(scope, receive, send)
