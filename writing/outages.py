"""PostgreSQL being away: how it is known and, outside Temporal, waited for without a limit as its retries would."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from storage.snapshots import RunChanged

log = structlog.get_logger()

T = TypeVar("T")

FIRST_PAUSE = 0.2
# Recovery is seen soon, and a server that starts is not pestered.
LONGEST_PAUSE = 10.0


# What a statement raises while PostgreSQL is away. A mistake of ours may be among them; see `passes`.
DATABASE_ERRORS = (DBAPIError, NoConnectionFree)


def passes(error: Exception) -> bool:
    """Whether PostgreSQL may take the same statement later; any other error of it is a bug, and repeats itself."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, OperationalError | InterfaceError | NoConnectionFree | RunChanged)


async def through_outages(do: Callable[[], Awaitable[T]]) -> T:
    """What `do` returns, tried again while PostgreSQL is away."""
    delay = FIRST_PAUSE
    while True:
        try:
            return await do()
        except (*DATABASE_ERRORS, RunChanged) as error:
            if not passes(error):
                raise
            log.warning("database_away", error=type(error).__name__, retry_in=delay)
        await asyncio.sleep(delay)
        delay = min(delay * 2, LONGEST_PAUSE)
