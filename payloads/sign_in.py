"""The codec server's one page: a field for the token, so that the Web UI in the same browser may decode."""

from http import HTTPStatus
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from payloads.access import COOKIE, COOKIE_PATHS, COOKIE_SECONDS, Access
from payloads.bodies import TooLarge, read_body
from payloads.problems import problem

_MOST_BYTES = 10_000
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
}
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>mcq codec server</title></head><body>
<h1>mcq codec server</h1>
<p>Sign in here, and Temporal's Web UI in this browser shows payloads in plain text for twelve hours. The token is
CODEC_SERVER_TOKEN.</p>
<form method="post" action="sign-in">
<label>Token <input type="password" name="token" autocomplete="off" required></label>
<button>Sign in</button></form>
</body></html>
"""
_DONE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>mcq codec server</title></head><body>
<p>Signed in. Go back to the Web UI and load its page again.</p>
</body></html>
"""


async def page(_request: Request) -> Response:
    """`GET /`."""
    return HTMLResponse(_PAGE, headers=_HEADERS)


async def done(_request: Request) -> Response:
    """`GET /signed-in`."""
    return HTMLResponse(_DONE, headers=_HEADERS)


async def sign_in(request: Request, access: Access) -> Response:
    """`POST /sign-in`: the cookie, for the right token.

    Cookies know no ports: what is there for every path would go to each other server of this host name.
    """
    try:
        form = parse_qs((await read_body(request, _MOST_BYTES)).decode(errors="replace"))
    except (TooLarge, ValueError):
        form = {}
    if not access.is_token(form.get("token", [""])[0].strip()):
        return problem(
            HTTPStatus.UNAUTHORIZED, "This is not the token.", "Go back and give CODEC_SERVER_TOKEN, as it is set here."
        )
    response = RedirectResponse("signed-in", HTTPStatus.SEE_OTHER)
    cookie = access.cookie()
    for path in COOKIE_PATHS:
        response.set_cookie(
            COOKIE,
            cookie,
            max_age=COOKIE_SECONDS,
            path=path,
            httponly=True,
            # Pages with https can call nothing else; whether this request came so, only a trusted proxy could tell.
            secure=access.ui_origin.startswith("https://"),
            samesite="strict",
        )
    return response
