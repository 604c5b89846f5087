"""Reads a request's body up to a bound."""

from starlette.requests import Request


class TooLarge(Exception):
    """The body is larger than the bound."""


async def read_body(request: Request, most_bytes: int) -> bytes:
    """The body; raises TooLarge as soon as that is certain. What a request says of its length is not believed."""
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > most_bytes:
        raise TooLarge
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most_bytes:
            raise TooLarge
    return bytes(body)
