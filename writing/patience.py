"""How long to wait for a provider that is away, and what a person sees of the wait."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog

from writing.outages import DATABASE_ERRORS

log = structlog.get_logger()

# Between two tries that the provider says nothing about: doubled from one to the next. A minute at most, so that
# recovery is seen soon.
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(minutes=1)
# "Try again now" is not taken at its word; and to Temporal a delay of 0 is none. Longer than `WITHIN` of
# `activities/hand_back.py`, or a dead worker's try, failed by its id, could be a later one of a living worker.
SHORTEST_PAUSE = timedelta(seconds=1)


def next_delay(met: int, retry_after: float | None) -> timedelta:
    """What the provider asked for; else a growing pause. `met` is how many tries met this outage, from 1."""
    if retry_after is not None:
        return max(timedelta(seconds=retry_after), SHORTEST_PAUSE)
    doublings = min(met - 1, 20)
    return min(FIRST_PAUSE * int(2**doublings), LONGEST_PAUSE)


def in_words(wait: timedelta) -> str:
    """A wait as a person says it."""
    seconds = wait.total_seconds()
    return f"{seconds / 60:.0f} min" if seconds >= 60 else f"{seconds:.0f} s"


@contextmanager
def only_for_display(workflow_id: str, slot: int) -> Iterator[None]:
    """What a person sees of a wait may be late; the retry itself does not live in PostgreSQL."""
    try:
        yield
    except DATABASE_ERRORS as problem:
        log.warning("wait_not_shown", workflow_id=workflow_id, slot=slot, error=type(problem).__name__)
