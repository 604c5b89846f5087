"""What the comparison of `docs/peers.md` reads in the model's ledger: kills, calls they struck, answers paid twice."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bench.peers.witness import KEPT, NOTICED, SAME_LIFE, Line, Witness, read, witness

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def _at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def _seen(*lines: tuple[float, str], kills: Sequence[float] = ()) -> Witness:
    """What is seen of one step: (seconds, outcome) of its calls."""
    return witness({"g/0/draft/0": [Line(_at(at), outcome) for at, outcome in lines]}, [_at(at) for at in kills])


@pytest.mark.parametrize("kills", [(), (4.0,), (12.0,)])
def test_a_step_that_is_answered_once_is_struck_by_nothing(kills: Sequence[float]) -> None:
    """Also with kills around it: it was begun after the one, and kept before the other."""
    seen = _seen((10, "answered"), kills=kills)
    assert (seen.steps, seen.made, seen.answered, seen.struck) == (1, 1, 1, 0)
    assert seen.paid_twice == seen.recoveries == []


def test_a_call_that_was_cut_off_recovers_with_the_next_answer() -> None:
    """It counts from the kill, and nothing is paid twice."""
    seen = _seen((10.1, "client_gone"), (15, "answered"), kills=[10])
    assert (seen.made, seen.answered, seen.struck, seen.recoveries, seen.paid_twice) == (2, 1, 1, [5.0], [])


def test_a_step_that_is_never_answered_is_struck_and_does_not_recover() -> None:
    """It has no time that could be told."""
    seen = _seen((10.1, "client_gone"), kills=[10])
    assert (seen.struck, seen.recoveries) == (1, [])


@pytest.mark.parametrize(("age", "kept"), [(KEPT - 0.25, 0), (KEPT, 1), (KEPT + 2, 1)])
def test_an_answer_paid_twice_is_as_old_as_it_was_at_the_kill(age: float, kept: int) -> None:
    """Whether there was time to keep it goes by that age."""
    seen = _seen((10 - age, "answered"), (16, "answered"), kills=[2, 10, 40])
    assert (seen.answered, seen.paid_twice, seen.paid_again_though_kept) == (2, [age], kept)
    assert (seen.struck, seen.recoveries) == (1, [6.0])


def test_two_answers_before_a_kill_are_paid_twice_without_a_recovery() -> None:
    """The second did not come after the kill that is blamed for it."""
    seen = _seen((5, "answered"), (7, "answered"), kills=[10])
    assert (seen.paid_twice, seen.paid_again_though_kept, seen.recoveries) == ([5.0], 1, [])


def test_a_step_that_is_struck_twice_counts_twice() -> None:
    """Each time from its own kill."""
    seen = _seen((10.1, "client_gone"), (18.2, "client_gone"), (24, "answered"), kills=[10, 18])
    assert (seen.struck, seen.recoveries, seen.paid_twice) == (2, [14.0, 6.0], [])


def test_an_answer_just_after_a_kill_is_of_the_life_before() -> None:
    """Its caller was dead, so it could not be kept, and it shows nobody back at work."""
    soon = SAME_LIFE.total_seconds() - 0.5
    seen = _seen((10 + soon, "answered"), (16, "answered"), kills=[10, 30])
    assert (seen.paid_twice, seen.paid_again_though_kept) == ([-soon], 0)
    assert (seen.struck, seen.recoveries, seen.back_at_work) == (1, [6.0], [6.0])


def test_an_answer_long_after_a_kill_is_of_the_next_life() -> None:
    """It had until the next kill to be kept."""
    later = 10 + SAME_LIFE.total_seconds() + 0.25
    seen = _seen((later, "answered"), (36, "answered"), kills=[10, 30])
    assert (seen.paid_twice, seen.paid_again_though_kept, seen.recoveries) == ([30 - later], 1, [6.0])


@pytest.mark.parametrize(("later", "struck"), [(-0.5, 1), (0.5, 0)])
def test_a_call_that_was_dropped_late_was_dropped_for_another_reason(later: float, struck: int) -> None:
    """A death is noticed within a time, or it is not what ended the call."""
    gone = 10 + NOTICED.total_seconds() + later
    seen = _seen((gone, "client_gone"), (16, "answered"), kills=[10])
    assert (seen.struck, seen.recoveries) == (struck, [6.0] * struck)


def test_without_a_kill_nothing_is_struck() -> None:
    """What is paid twice all the same had all the time to be kept."""
    seen = _seen((5, "client_gone"), (10, "answered"), (16, "answered"))
    assert (seen.struck, seen.recoveries, seen.back_at_work) == (0, [], [])
    assert (seen.paid_twice, seen.paid_again_though_kept) == ([float("inf")], 1)


def test_steps_are_put_together() -> None:
    """A kill that struck two steps is one kill, and two steps to recover; back at work is whoever is first."""
    steps = {
        "g/0/draft/0": [Line(_at(10.1), "client_gone"), Line(_at(17), "answered")],
        "g/1/draft/0": [Line(_at(10.1), "client_gone"), Line(_at(15), "answered")],
        "g/2/draft/0": [Line(_at(9), "answered")],
    }
    seen = witness(steps, [_at(10)])
    assert (seen.steps, seen.made, seen.answered, seen.struck) == (3, 5, 3, 1)
    assert (seen.recoveries, seen.back_at_work) == ([7.0, 5.0], [5.0])


def test_the_ledger_is_read_by_steps(tmp_path: Path) -> None:
    """All tries of a step together and in order, and of these generations alone."""
    ids = ["g/0/draft/0/2", "g/0/draft/0/1", "g/0/revise/1/1", "other/0/draft/0/1", "g2/0/draft/0/1"]
    lines = [
        {"request_id": one, "time": _at(10 - number).isoformat(), "outcome": "answered"}
        for number, one in enumerate(ids)
    ]
    ledger = tmp_path / "ledger.jsonl"
    ledger.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert read(ledger, ["g"]) == {
        "g/0/draft/0": [Line(_at(9), "answered"), Line(_at(10), "answered")],
        "g/0/revise/1": [Line(_at(8), "answered")],
    }
