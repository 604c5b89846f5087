"""Waiting for a state, never for a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
_STEP = 0.05


async def until(look: Callable[[], Awaitable[T]], reached: Callable[[T], bool] = bool, seconds: float = 30) -> T:
    """What `look` sees once it is `reached`; fails with the last sight after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        seen = await look()
        if reached(seen):
            return seen
        assert time.monotonic() < deadline, f"not reached within {seconds} s; last seen: {seen!r}"
        await asyncio.sleep(_STEP)


def until_now(look: Callable[[], T], reached: Callable[[T], bool] = bool, seconds: float = 30) -> T:
    """The same for plain functions."""
    deadline = time.monotonic() + seconds
    while True:
        seen = look()
        if reached(seen):
            return seen
        assert time.monotonic() < deadline, f"not reached within {seconds} s; last seen: {seen!r}"
        time.sleep(_STEP)
