"""I5: a row that is behind its workflow for long is an offence, also when it has caught up by the time it is read."""

import pytest

from domain.statuses import Status
from tests.chaos.mirror import CAUGHT_UP, verdict_on
from workflows.messages import Progress

TOLD = Progress(
    status=Status.RUNNING,
    current_node="write_questions",
    total=8,
    completed=3,
    in_flight=2,
    revised=0,
    rejected=0,
    calls=3,
    prompt_tokens=0,
    completion_tokens=0,
    cost=None,
    reason=None,
    window=2,
    sequence=4,
)
LATE = CAUGHT_UP + 1


@pytest.mark.parametrize(
    ("row", "seconds", "verdict"),
    [
        (("running", 3), 1, ""),
        (("running", 4), 1, ""),
        (("running", 2), 1, None),
        (("paused", 3), 1, None),
        (None, 1, None),
        (("running", 3), CAUGHT_UP, ""),
    ],
)
def test_a_row_that_there_is_time_for(row: tuple[str, int] | None, seconds: float, verdict: str | None) -> None:
    """True, or to be looked at again."""
    assert verdict_on(row, TOLD, seconds) == verdict


@pytest.mark.parametrize("row", [("running", 3), ("running", 2), ("paused", 3), None])
def test_a_row_that_is_late(row: tuple[str, int] | None) -> None:
    """Whatever it says by then."""
    assert "after 31 s, running with 3 in the workflow" in (verdict_on(row, TOLD, LATE) or "")
