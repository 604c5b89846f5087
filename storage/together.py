"""Equal questions that come at the same time become one round trip.

The first is asked at once; those that come while its answer is on its way are asked together when it is there. So
nobody waits for company, and under load a statement answers many: most of a small read's cost is the round trip itself.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Generic, TypeVar

from storage.hanging import within

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")

# Asked for at once; the rest waits for the next round.
MOST = 200
# A round that takes longer is given up: its database hangs, and the next one should try another connection.
SECONDS = 2.0


class Together(Generic[Asked, Answer]):
    """Asks `read` for many at once; it returns the answers in the order of what was asked."""

    def __init__(self, read: Callable[[Sequence[Asked]], Coroutine[Any, Any, Sequence[Answer]]]) -> None:
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
        asked = [one for one, _ in batch]
        read: Sequence[Answer]
        problem: Exception | None
        try:
            read, problem = await within(SECONDS, self._read(asked)), None
        except Exception as error:
            read, problem = [], error
        for place, (_, answer) in enumerate(batch):
            if answer.done():
                continue  # nobody waits any more
            if problem is not None:
                answer.set_exception(problem)
            else:
                answer.set_result(read[place])
