"""How long to wait for what is away."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from storage.snapshots import RunChanged
from writing import outages
from writing.patience import SHORTEST_PAUSE, in_words, next_delay

CAUSE = Exception("closed")


@pytest.mark.parametrize(("met", "seconds"), [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (1_000, 60)])
def test_pauses_double_up_to_a_minute(met: int, seconds: int) -> None:
    """Recovery is seen within a minute, however long the outage was."""
    assert next_delay(met, None) == timedelta(seconds=seconds)


@pytest.mark.parametrize(("asked", "seconds"), [(3.5, 3.5), (60.0, 60.0), (0.0, 1), (0.1, 1)])
def test_what_the_provider_asks_for_is_honoured(asked: float, seconds: float) -> None:
    """At the tenth try too; "now" is not taken at its word."""
    assert next_delay(10, asked) == timedelta(seconds=seconds) >= SHORTEST_PAUSE


@pytest.mark.parametrize(("seconds", "words"), [(0.6, "1 s"), (59, "59 s"), (60, "1 min"), (3600, "60 min")])
def test_a_wait_in_words(seconds: float, words: str) -> None:
    """As a person says it."""
    assert in_words(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (OperationalError("", None, CAUSE), True),
        (ProgrammingError("", None, CAUSE, connection_invalidated=True), True),
        (NoConnectionFree("QueuePool limit"), True),
        (RunChanged(), True),
        (ProgrammingError("", None, CAUSE), False),
        (IntegrityError("", None, CAUSE), False),
        (ValueError(), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_passes_by_itself(error: Exception, passes: bool) -> None:
    """A server that is away, and no mistake of ours: that one would be repeated for ever."""
    assert outages.passes(error) is passes


async def test_a_mistake_is_not_repeated() -> None:
    """It is raised at once."""
    tries = 0

    async def wrong() -> None:
        nonlocal tries
        tries += 1
        raise ProgrammingError("", None, CAUSE)

    with pytest.raises(ProgrammingError):
        await outages.through_outages(wrong)
    assert tries == 1


async def test_an_outage_is_waited_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The result is that of the first try that gets through."""
    monkeypatch.setattr(outages, "FIRST_PAUSE", 0.0)
    left = 3

    async def away() -> str:
        nonlocal left
        if left:
            left -= 1
            raise OperationalError("", None, CAUSE)
        return "done"

    assert await outages.through_outages(away) == "done"
