"""Guessing passwords is made slow: failed sign-ins are counted by e-mail, by address and by both.

The counts are in PostgreSQL, so that all processes share them.

Hashes are stored, not the e-mails: people mistype passwords into the field of the e-mail.
"""

import hashlib
import math
from datetime import UTC, datetime, timedelta

from api.problems import Problem
from storage.accounts import AccountStore

WINDOW = timedelta(minutes=15)
# Failures within the window. One person at one place; an address with many people behind it; an e-mail that is attacked
# from everywhere, whose owner can still sign in until then.
MOST_BY_BOTH = 10
MOST_BY_ADDRESS = 100
MOST_BY_EMAIL = 200


class Throttle:
    """Lets sign-ins through until too many failed."""

    def __init__(self, accounts: AccountStore) -> None:
        self._accounts = accounts

    async def check(self, email: str, address: str) -> None:
        """Raise the problem 429 when too many sign-ins failed."""
        limits = _limits(email, address)
        moment = datetime.now(UTC)
        failures = await self._accounts.failures(list(limits), moment - WINDOW)
        ends = [since + WINDOW for key, (count, since) in failures.items() if count >= limits[key]]
        if ends:
            seconds = max(1, math.ceil((max(ends) - moment).total_seconds()))
            raise Problem("too-many-attempts", "Too many failed sign-ins.", headers={"Retry-After": str(seconds)})

    async def failed(self, email: str, address: str) -> None:
        """Count a failed sign-in."""
        await self._accounts.record_failure(list(_limits(email, address)), WINDOW)

    async def succeeded(self, email: str, address: str) -> None:
        """Forget this person's failures at this address; those of others count on."""
        await self._accounts.forget_failures([_key("both", email, address)], older_than=2 * WINDOW)


def _limits(email: str, address: str) -> dict[str, int]:
    return {
        _key("both", email, address): MOST_BY_BOTH,
        _key("address", address): MOST_BY_ADDRESS,
        _key("email", email): MOST_BY_EMAIL,
    }


def _key(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()
