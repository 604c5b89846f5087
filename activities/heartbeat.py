"""Heartbeats for activities that wait: without them cancellation and the death of a worker go unseen."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import wraps
from typing import ParamSpec, TypeVar

from temporalio import activity

# A quarter of the shortest heartbeat time-out in use leaves room for a slow server.
INTERVAL = 5.0

# What every beat of the activity in this context carries.
_carried: ContextVar[list[object]] = ContextVar("_carried")

P = ParamSpec("P")
R = TypeVar("R")


def heartbeating(function: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """Beat while `function` runs. Details of the attempt before are passed on, so that a worker's death loses none."""

    @wraps(function)
    async def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        carried = list(activity.info().heartbeat_details)
        _carried.set(carried)
        beat = asyncio.create_task(_beat(carried))
        try:
            return await function(*args, **kwargs)
        finally:
            beat.cancel()
            with suppress(asyncio.CancelledError):
                await beat

    return wrapper


async def _beat(carried: list[object]) -> None:
    while True:
        activity.heartbeat(*carried)
        await asyncio.sleep(INTERVAL)


def outage_began(now: datetime) -> datetime:
    """When the outage that this attempt is part of began: told by the attempt before, or `now`."""
    details = activity.info().heartbeat_details
    return datetime.fromtimestamp(float(details[0]), UTC) if details else now


def remember_outage(began: datetime) -> None:
    """Tell the next attempt when the outage began."""
    carried = _carried.get()
    carried[:] = [began.timestamp()]
    activity.heartbeat(*carried)
