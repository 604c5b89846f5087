"""Connections to PostgreSQL."""

import re
from typing import Any

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

# Seconds after which a connection attempt to a database that does not answer is given up.
CONNECT_TIMEOUT = 3
# Seconds that a request waits for a free connection.
POOL_TIMEOUT = 2.0
# A connection whose other end fell silent is given up after seconds, not after the system's two hours.
_CONNECT: dict[str, Any] = {
    "connect_timeout": CONNECT_TIMEOUT,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,  # milliseconds
}


def driver_url(database_url: str) -> URL:
    """The URL with the psycopg driver named, whatever form (`postgres://`, `postgresql://`) it came in."""
    return make_url(database_url).set(drivername="postgresql+psycopg")


def plain_url(database_url: str) -> str:
    """The URL as psycopg itself takes it. Holds the password."""
    # As it was written: what SQLAlchemy renders has blanks, which libpq refuses and tells the password with it.
    return re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql://", database_url)


def create_engine(database_url: str, *, pool_size: int = 10) -> AsyncEngine:
    """An engine that survives restarts of the server and keeps statement parameters out of error texts."""
    return create_async_engine(
        driver_url(database_url),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,  # a connection that died with the server is replaced, not handed out
        hide_parameters=True,  # parameters are course content; error texts travel to history and logs
        connect_args=_CONNECT,
    )


def create_pool(database_url: str, *, size: int = 10) -> AsyncConnectionPool:
    """psycopg's own pool, for the reads that must be fast: one round trip each, a third of the engine's CPU.

    Opened by its user. Its connections commit each statement; one that broke is found at its next use.
    """
    return AsyncConnectionPool(
        plain_url(database_url),
        min_size=2,
        max_size=size,
        open=False,
        timeout=POOL_TIMEOUT,
        reconnect_timeout=0,  # a background that gives up for ever would need a restart; the next request tries again
        kwargs={"autocommit": True, "prepare_threshold": 0, **_CONNECT},
    )


async def connect_alone(database_url: str) -> AsyncConnection:
    """A connection of one's own, to listen on or to hold a lock with; each statement is its own transaction."""
    return await AsyncConnection.connect(plain_url(database_url), autocommit=True, **_CONNECT)
