"""Heartbeats for activities that wait: without them cancellation and the death of a worker go unseen."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import wraps
from typing import NamedTuple, ParamSpec, TypeVar

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


class Outage(NamedTuple):
    """What an attempt knows of the outage that it meets: when it `began`, and how many attempts `met` it, this one too.

    Those that died, or that a database refused, are not among them: the provider is not asked later for their sake.
    """

    began: datetime
    met: int


def outage_met(now: datetime) -> Outage:
    """The outage that the attempts before told of, met once more; or one that begins `now`. The next attempt knows."""
    details = activity.info().heartbeat_details
    began = datetime.fromtimestamp(float(details[0]), UTC) if details else now
    # A worker of an earlier version tells when it began, and no more.
    outage = Outage(began, int(details[1]) + 1 if len(details) > 1 else 1)
    carried = _carried.get()
    carried[:] = [outage.began.timestamp(), outage.met]
    activity.heartbeat(*carried)
    return outage
