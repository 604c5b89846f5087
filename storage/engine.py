"""Connections to PostgreSQL."""

from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

# Seconds after which a connection attempt to a database that does not answer is given up.
CONNECT_TIMEOUT = 3


def driver_url(database_url: str) -> URL:
    """The URL with the psycopg driver named, whatever form (`postgres://`, `postgresql://`) it came in."""
    return make_url(database_url).set(drivername="postgresql+psycopg")


def create_engine(database_url: str, *, pool_size: int = 10) -> AsyncEngine:
    """An engine that survives restarts of the server and keeps statement parameters out of error texts."""
    return create_async_engine(
        driver_url(database_url),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,  # a connection that died with the server is replaced, not handed out
        hide_parameters=True,  # parameters are course content; error texts travel to history and logs
        connect_args={"connect_timeout": CONNECT_TIMEOUT},
    )
