"""Equal questions that come at the same time become one round trip.

The first is asked at once; those that come while its answer is on its way are asked together when it is there. So
nobody waits for company, and under load a statement answers many: most of a small read's cost is the round trip itself.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")

# Asked for at once; the rest waits for the next round.
MOST = 200
# A round that takes longer is given up: its database hangs, and the next one should try another connection.
SECONDS = 2.0


class Together(Generic[Asked, Answer]):
    """Asks `read` for many at once; it returns the answers in the order of what was asked."""

    def __init__(self, read: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer]]]) -> None:
        self._read = read
        self._waiting: list[tuple[Asked, asyncio.Future[Answer]]] = []
        self._round: asyncio.Task[None] | None = None

    async def ask(self, asked: Asked) -> Answer:
        """The answer; raises what `read` raised, and TimeoutError."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answer))
        if self._round is None:
            self._round = asyncio.create_task(self._rounds())
        return await answer

    async def _rounds(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._one_round(batch)
        finally:
            self._round = None

    async def _one_round(self, batch: Sequence[tuple[Asked, "asyncio.Future[Answer]"]]) -> None:
        reading: asyncio.Future[Sequence[Answer]]
        reading = asyncio.ensure_future(self._read([asked for asked, _ in batch]))  # noqa: RUF006 - awaited below
        # Not cancelled with it when it is too late: what hangs in a driver may hang in its cancellation too.
        await asyncio.wait({reading}, timeout=SECONDS)
        if not reading.done():
            reading.cancel()
            reading.add_done_callback(lambda task: task.cancelled() or task.exception())
        problem = reading.exception() if reading.done() else TimeoutError("the database takes too long")
        for place, (_, answer) in enumerate(batch):
            if answer.done():
                continue  # nobody waits any more
            if problem is not None:
                answer.set_exception(problem)
            else:
                answer.set_result(reading.result()[place])
