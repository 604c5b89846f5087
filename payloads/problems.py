"""The codec server's refusals, as problem details (RFC 9457): what is wrong and what to do."""

import json
from http import HTTPStatus

from starlette.responses import Response


def problem(status: int, detail: str, what_to_do: str) -> Response:
    """An answer that people read in the Web UI and below the command line. It quotes nothing of the request."""
    body = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail, "what_to_do": what_to_do}
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}
    return Response(json.dumps(body), status, headers, media_type="application/problem+json")
