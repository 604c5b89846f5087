"""The codec server's HTTP interface: Temporal's remote codec protocol, for its Web UI and its command line."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Any

from google.protobuf import json_format
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from temporalio.api.common.v1 import Payload, Payloads

from payloads import sign_in
from payloads.access import Access
from payloads.bodies import TooLarge, read_body
from payloads.codec import EncryptionCodec, UnreadablePayload
from payloads.keys import Key
from payloads.problems import problem

log = logging.getLogger("payloads")
# Temporal takes at most 4 MB in one message; in JSON that is a third more, twice over for what was encoded before.
MOST_BYTES = 8_000_000
Convert = Callable[[Sequence[Payload]], Awaitable[list[Payload]]]


class CodecServer:
    """What the routes share."""

    def __init__(self, keys: Sequence[Key], access: Access) -> None:
        self._codec = EncryptionCodec(keys)
        self._access = access

    async def encode(self, request: Request) -> Response:
        """`POST /encode`: payloads that a person gives, for example with a signal."""
        return await self._convert(request, self._codec.encode)

    async def decode(self, request: Request) -> Response:
        """`POST /decode`: payloads that a person wants to read."""
        return await self._convert(request, self._codec.decode)

    async def sign_in(self, request: Request) -> Response:
        """`POST /sign-in`."""
        response = await sign_in.sign_in(request, self._access)
        log.info("codec server: sign-in %s", response.status_code)
        return response

    async def _convert(self, request: Request, convert: Convert) -> Response:
        """The answer, told in the log by its status alone: what is decoded here is what nobody else may read."""
        response = await self._answer(request, convert)
        log.info("codec server: %s %s", request.url.path, response.status_code)
        return response

    async def _answer(self, request: Request, convert: Convert) -> Response:
        if not self._access.allows(request):  # before the body is read: strangers send us nothing
            return problem(
                HTTPStatus.UNAUTHORIZED,
                "The request shows no token, or not that of this server.",
                "Command line: give --codec-auth 'Bearer TOKEN', where TOKEN is CODEC_SERVER_TOKEN. Web UI: open this "
                "server's address in the same browser, sign in, and let the UI include cross-origin credentials.",
            )
        try:
            given = json_format.Parse(await read_body(request, MOST_BYTES), Payloads())
            converted = await convert(given.payloads)
        except TooLarge:
            return problem(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"The body is larger than {MOST_BYTES:,} bytes.",
                "Send fewer payloads at once; Temporal itself keeps none as large.",
            )
        except UnreadablePayload as error:
            # Temporal's command tries again until its time is over, and says only that.
            log.warning("codec server: %s", error)
            return problem(
                HTTPStatus.BAD_REQUEST, str(error), "Set PAYLOAD_KEYS here to the same value as for the workers."
            )
        # A parser's own words quote what it was given.
        except (json_format.ParseError, ValueError, RecursionError):
            return problem(
                HTTPStatus.BAD_REQUEST,
                "The body is not a list of payloads.",
                'Send JSON as Temporal\'s codec protocol has it: {"payloads": [{"metadata": {…}, "data": "…"}]}.',
            )
        return Response(json_format.MessageToJson(Payloads(payloads=converted)), media_type="application/json")


async def _health(_request: Request) -> Response:
    return Response("ok", media_type="text/plain")


async def _http_error(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException) and error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        return problem(
            error.status_code,
            "There is nothing to be had at this address in this way.",
            "Send POST to /encode or /decode, or open / in a browser.",
        )
    if isinstance(error, ClientDisconnect):
        return Response(status_code=HTTPStatus.BAD_REQUEST)  # nobody reads it
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong that should not.", "Look at the server's log."
    )


def create_app(keys: Sequence[Key], *, token: str, ui_origin: str) -> Starlette:
    """The server's application. Pages of `ui_origin` may use it, pages of no other origin."""
    server = CodecServer(keys, Access(token, ui_origin))
    browsers = Middleware(
        CORSMiddleware,
        allow_origins=[ui_origin],
        allow_methods=["POST"],
        allow_headers=["authorization", "content-type", "x-namespace"],
        allow_credentials=True,
    )
    errors: dict[Any, Any] = {HTTPException: _http_error, ClientDisconnect: _http_error, 500: _http_error}
    return Starlette(
        routes=[
            Route("/encode", server.encode, methods=["POST"]),
            Route("/decode", server.decode, methods=["POST"]),
            Route("/", sign_in.page),
            Route("/sign-in", server.sign_in, methods=["POST"]),
            Route("/signed-in", sign_in.done),
            Route("/healthz", _health),
        ],
        middleware=[browsers],
        exception_handlers=errors,
    )
