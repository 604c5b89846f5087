"""Bearer tokens: signed, with an expiry, and nothing in them but who it is."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import jwt

ALGORITHM = "HS256"
ISSUER = "mcq"


class InvalidToken(Exception):
    """The token is not one of ours, or was changed."""


class ExpiredToken(InvalidToken):
    """The token was good, and is too old."""


class Tokens:
    """Makes and reads tokens with one secret."""

    def __init__(self, secret: str, *, hours: float) -> None:
        self._secret = secret
        self._life = timedelta(hours=hours)
        # A page that polls sends the same token each second; checking its signature once is enough.
        self._verified: Callable[[str], tuple[uuid.UUID, float]] = lru_cache(maxsize=10_000)(self._verify)

    @property
    def seconds(self) -> int:
        """How long a token lives."""
        return int(self._life.total_seconds())

    def issue(self, user_id: uuid.UUID) -> str:
        """A token for a user."""
        moment = datetime.now(UTC)
        claims = {"iss": ISSUER, "sub": str(user_id), "iat": moment, "exp": moment + self._life}
        return jwt.encode(claims, self._secret, algorithm=ALGORITHM)

    def read(self, token: str) -> tuple[uuid.UUID, datetime]:
        """Whose token it is, and until when; raises ExpiredToken or InvalidToken."""
        user_id, expires = self._verified(token)
        if expires <= datetime.now(UTC).timestamp():
            raise ExpiredToken
        return user_id, datetime.fromtimestamp(expires, UTC)

    def _verify(self, token: str) -> tuple[uuid.UUID, float]:
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                options={"require": ["sub", "exp", "iss"], "verify_exp": False},  # checked at each use
            )
            expires = float(claims["exp"])
            datetime.fromtimestamp(expires, UTC)  # a moment that there is
            return uuid.UUID(claims["sub"]), expires
        except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError, OSError):
            raise InvalidToken from None
