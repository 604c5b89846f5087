"""An end to waiting for a database that hangs."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """What `work` returns; raises what it raises, and TimeoutError when it takes too long.

    Then it is not awaited any more: what hangs in a driver may hang in its cancellation too.
    """
    task = asyncio.ensure_future(work)
    await asyncio.wait({task}, timeout=seconds)
    if not task.done():
        task.cancel()
        task.add_done_callback(lambda one: one.cancelled() or one.exception())
        raise TimeoutError("the database takes too long")
    return task.result()
