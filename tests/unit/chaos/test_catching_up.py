"""I5: a row that is behind its workflow for long is an offence, also when it has caught up by the time it is read."""

import pytest

from domain.statuses import Status
from tests.chaos.mirror import CAUGHT_UP, Reading, verdict_on
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
TRUE, BEHIND, PAUSED = ("running", 3, 4), ("running", 2, 4), ("paused", 3, 4)
LATE = CAUGHT_UP + 1


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        ([(1, TRUE)], (1, "")),
        ([(1, ("running", 4, 4))], (1, "")),
        ([(CAUGHT_UP, TRUE)], (CAUGHT_UP, "")),
        ([(1, BEHIND), (2, TRUE), (3, TRUE)], (2, "")),
        # The workflow told it late; the row had it long since.
        ([(1, TRUE), (LATE, TRUE)], (1, "")),
        # What it has at the second snapshot was told after the first reading; what the first one has may not have been.
        ([(1, BEHIND), (2, ("running", 2, 6)), (9, TRUE)], (2, "")),
        ([(1, None), (2, BEHIND), (3, ("paused", 2, 7))], (3, "")),
        ([(1, BEHIND), (2, ("running", 2, 5))], None),
        ([(1, BEHIND)], None),
        ([(1, PAUSED)], None),
        ([(1, None)], None),
        ([], None),
    ],
)
def test_a_row_that_there_is_time_for(rows: list[Reading], verdict: tuple[float, str] | None) -> None:
    """True since then, or to be looked at again."""
    assert verdict_on(rows, TOLD) == verdict


@pytest.mark.parametrize("row", [TRUE, BEHIND, PAUSED, None])
def test_a_row_that_is_late(row: tuple[str, int, int] | None) -> None:
    """Whatever it says by then."""
    seconds, said = verdict_on([(1, BEHIND), (LATE, row)], TOLD) or (0, "")
    assert seconds == LATE
    assert "after 31 s, running with 3 in the workflow" in said
