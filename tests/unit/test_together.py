"""Questions that come at the same time become one round trip, and nobody gets another's answer."""

import asyncio
import itertools
from collections.abc import Sequence

import pytest

from storage import together
from storage.together import Together


class Reader:
    """Answers each question with itself doubled, when it is let."""

    def __init__(self) -> None:
        self.rounds: list[list[int]] = []
        self.may_answer = asyncio.Event()
        self.problem: Exception | None = None

    async def read(self, asked: Sequence[int]) -> list[int]:
        """One round."""
        self.rounds.append(list(asked))
        await self.may_answer.wait()
        if self.problem is not None:
            raise self.problem
        return [2 * one for one in asked]


async def test_the_first_does_not_wait_and_the_rest_go_together() -> None:
    """Two rounds for ten questions: the first alone, then all that came meanwhile; each gets its own answer."""
    reader = Reader()
    together_ = Together(reader.read)
    asking = [asyncio.create_task(together_.ask(number)) for number in range(10)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    reader.may_answer.set()
    assert await asyncio.gather(*asking) == [2 * number for number in range(10)]
    assert sorted(itertools.chain(*reader.rounds)) == list(range(10))
    assert len(reader.rounds) < 10


async def test_a_failure_reaches_everybody_of_its_round_and_nobody_else() -> None:
    """The next round is a new try."""
    reader = Reader()
    reader.problem, together_ = ConnectionError("away"), Together(reader.read)
    reader.may_answer.set()
    with pytest.raises(ConnectionError):
        await together_.ask(1)
    reader.problem = None
    assert await together_.ask(1) == 2


async def test_who_left_does_not_disturb_the_others() -> None:
    """A request that was given up has no future any more."""
    reader = Reader()
    together_ = Together(reader.read)
    leaving, staying = asyncio.create_task(together_.ask(1)), asyncio.create_task(together_.ask(2))
    await asyncio.sleep(0)
    leaving.cancel()
    reader.may_answer.set()
    assert await staying == 4


async def test_a_round_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those who waited hear of it, and the next question gets a round of its own."""
    monkeypatch.setattr(together, "SECONDS", 0.01)
    reader = Reader()
    together_ = Together(reader.read)
    with pytest.raises(TimeoutError):
        await together_.ask(1)
    reader.may_answer.set()
    assert await together_.ask(2) == 4
