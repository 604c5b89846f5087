"""Who may use the codec server: whoever knows its token, in a header or by a cookie that the token bought.

The cookie is for Temporal's Web UI. A page can send a header of its own only if it knows the token, and the UI hands on
the sign-in of its own users or nothing.
"""

import hashlib
import hmac
import time
from dataclasses import dataclass, field

from starlette.requests import Request

COOKIE = "mcq_codec"
COOKIE_SECONDS = 12 * 3600
# The routes that ask for it.
COOKIE_PATHS = ("/encode", "/decode")


@dataclass(frozen=True, slots=True)
class Access:
    """`token` opens everything; a cookie counts only for requests that name `ui_origin` as their page."""

    token: str = field(repr=False)
    ui_origin: str

    def allows(self, request: Request) -> bool:
        """Whether a request may encode and decode."""
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self.is_token(given.strip()):
            return True
        # Browsers name the page that asks and let no page lie about it; other programs that have the cookie may lie.
        return request.headers.get("origin") == self.ui_origin and self._is_cookie(request.cookies.get(COOKIE, ""))

    def is_token(self, given: str) -> bool:
        """Whether it is the token, in a time that tells nothing of it."""
        return hmac.compare_digest(given.encode(), self.token.encode())

    def cookie(self) -> str:
        """A cookie that is good for some hours. It holds nothing of the token."""
        until = str(int(time.time()) + COOKIE_SECONDS)
        return f"{until}.{self._mac(until)}"

    def _is_cookie(self, given: str) -> bool:
        until, _, mac = given.partition(".")
        fits = hmac.compare_digest(mac.encode(), self._mac(until).encode())
        return fits and int(until) > time.time()

    def _mac(self, until: str) -> str:
        return hmac.new(self.token.encode(), f"codec cookie until {until}".encode(), hashlib.sha256).hexdigest()
