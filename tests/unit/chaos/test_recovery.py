"""How long a step whose worker was killed took, in seconds that are known beforehand."""

from typing import Any

import pytest

from tests.chaos.evidence import CallLine, Completion, Step
from tests.chaos.recovery import Recovery, percentiles, recovery
from tests.chaos.strikes import Done
from tests.unit.chaos.evidence_of import STEP, at, call, evidence, kill

CUT_OFF = call(0, 1.2, outcome="client_gone")
KILLED = kill("worker-1", 1)
AGAIN = call(4, 6, worker="worker-2", try_=2)


@pytest.mark.parametrize(
    ("lines", "strikes", "taken_up", "answered"),
    [
        ([CUT_OFF, AGAIN], [KILLED], [3.0], [5.0]),
        # It answered just before the kill, and had to be asked again.
        ([call(0, 0.9), AGAIN], [KILLED], [3.0], [5.0]),
        ([call(0, 0.9)], [KILLED], None, []),
        # Never taken up.
        ([CUT_OFF], [KILLED], [], []),
        # Taken up, cut off again, answered at last: the seconds of both are in the first one's.
        (
            [CUT_OFF, call(4, 5, outcome="client_gone"), call(8, 9)],
            [KILLED, kill("worker-1", 4.9)],
            [3.0, pytest.approx(3.1)],
            [8.0, pytest.approx(4.1)],
        ),
        # Refused and answered.
        ([CUT_OFF, call(4, 5, worker="worker-2", outcome="overloaded"), call(7, 9)], [KILLED], [3.0], [4.0]),
        # Whoever asks beside it already takes nothing up, and may answer.
        ([CUT_OFF, call(0.5, 3, worker="worker-2"), AGAIN], [KILLED], [3.0], [2.0]),
        # No kill of its own worker at that moment.
        ([CUT_OFF, AGAIN], [kill("worker-2", 1)], None, []),
        ([CUT_OFF, AGAIN], [kill("worker-1", 0.1)], None, []),
        ([CUT_OFF, AGAIN], [kill("worker-1", 1.6)], None, []),
        ([CUT_OFF, AGAIN], [], None, []),
        # The last kill is the one.
        ([CUT_OFF, AGAIN], [kill("worker-1", 0.5), KILLED], [3.0], [5.0]),
        # What needed no second call was not cut off.
        ([AGAIN], [kill("worker-2", 6)], None, []),
    ],
)
def test_a_struck_step(lines: list[CallLine], strikes: list[Done], taken_up: Any, answered: list[Any]) -> None:
    """None for `taken_up` means that no kill struck it."""
    found = recovery(evidence(lines=lines), strikes)
    assert (found.kills, found.taken_up, found.answered) == (len(strikes), taken_up or [], answered)
    assert (found.inside > 0) is (taken_up is not None)
    assert found.never == ([STEP] if taken_up == [] else [])


@pytest.mark.parametrize(("completed", "seconds"), [(2, [1.0]), (0.5, [])])
def test_a_step_that_ended_needs_no_second_call(completed: float, seconds: list[float]) -> None:
    """Its end is both, when it came after the kill."""
    found = recovery(evidence(lines=[CUT_OFF], completions={STEP: Completion(at(completed), 1)}), [KILLED])
    assert found == Recovery(1, 1, seconds, seconds)


@pytest.mark.parametrize(
    ("began", "slot", "never"), [(5, STEP[1], []), (0.1, STEP[1], [STEP]), (5, STEP[1] + 1, [STEP])]
)
def test_a_slot_that_begins_anew_goes_on(began: float, slot: int, never: list[Step]) -> None:
    """A pause before the next try ends the step; after it another one of its slot is asked for."""
    lines = [CUT_OFF, call(began, step=(STEP[0], slot, "draft", 9))]
    assert recovery(evidence(lines=lines), [KILLED]).never == never


def test_a_kill_counts_once() -> None:
    """However many calls it struck; one that found no worker is none."""
    lines = [call(0, 1.2, outcome="client_gone", step=("mcq_1", slot, "draft", 1)) for slot in range(4)]
    found = recovery(evidence(lines=lines), [KILLED, kill("worker-1", 20), kill("worker-1", 1, hit=False)])
    assert (found.kills, found.inside) == (2, 1)


@pytest.mark.parametrize(
    ("seconds", "p50", "p95", "most"),
    [
        ([], None, None, None),
        ([2.0], 2.0, 2.0, 2.0),
        ([3.0, 1.0, 2.0], 2.0, 3.0, 3.0),
        ([float(number) for number in range(100)], 50.0, 95.0, 99.0),
    ],
)
def test_percentiles(seconds: list[float], p50: float | None, p95: float | None, most: float | None) -> None:
    """Of nothing there are none."""
    assert percentiles(seconds) == {"p50": p50, "p95": p95, "max": most, "of": len(seconds)}
