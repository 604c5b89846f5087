"""I1: a generation that does not end, stands still or stops by itself is an offence."""

from typing import Any

import pytest
from temporalio.client import WorkflowExecutionStatus

from domain.statuses import Status
from tests.chaos import judge
from tests.chaos.cluster import POSTGRES, TEMPORAL
from tests.chaos.judge import STILL
from tests.chaos.schedule import FREEZES, OUTAGES
from tests.unit.chaos.evidence_of import (
    ID,
    OTHER_ID,
    STEP,
    at,
    call,
    evidence,
    generation,
    kill,
    run,
    snapshot,
    struck,
    told,
)


@pytest.mark.parametrize(
    ("changes", "by_operators", "said"),
    [
        ({}, set(), ""),
        ({"status": "", "workflow_id": "", "ended": None}, set(), "0: never started"),
        ({"status": Status.RUNNING, "ended": None}, set(), "running"),
        ({"status": Status.PAUSED, "ended": None}, set(), "paused"),
        ({"status": Status.FAILED, "ended": None}, set(), "failed"),
        ({"status": Status.FAILED}, set(), "failed"),
        ({"status": Status.CANCELLED}, set(), "cancelled"),
        ({"status": Status.CANCELLED}, {OTHER_ID}, "cancelled"),
        ({"status": Status.CANCELLED, "cancelled": True}, set(), ""),
        ({"status": Status.CANCELLED}, {ID}, ""),
        # Who asked for it still wants to see the end of it.
        ({"status": Status.RUNNING, "cancelled": True, "ended": None}, set(), "running"),
    ],
)
def test_every_generation_ended(changes: dict[str, Any], by_operators: set[str], said: str) -> None:
    """Completed, or cancelled because somebody asked."""
    assert told(judge.every_generation_ended([generation(), generation(**changes)], by_operators), said)


def _alive(workflow_id: str, until: int) -> list[Any]:
    """Calls of a generation, one every minute."""
    return [call(moment, step=(workflow_id, 0, "draft", 1)) for moment in range(0, until, 60)]


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"lines": _alive(ID, 400)}, ""),
        ({"events": [snapshot(number, number, number * 100) for number in range(4)]}, ""),
        ({"lines": [call(100, 350)], "events": [snapshot(1, 1, 220)]}, "still for 130 s"),
        # Pauses and resumes without a question are no life.
        ({"events": [snapshot(number, 1, number * 100) for number in range(4)]}, "still for 400 s"),
        ({"lines": [call(130, 200), *_alive(ID, 400)[4:]]}, "still for 130 s"),
        ({"lines": [call(100), call(220)]}, "still for 179 s"),
        ({}, "still for 400 s"),
        # Signs of others, and from before and after it, are none of its own.
        ({"lines": _alive(OTHER_ID, 400)}, "still for 400 s"),
        ({"lines": [call(-10), call(500)]}, "still for 400 s"),
        ({"lines": [call(-200), *_alive(ID, 400), call(600)]}, ""),
    ],
)
def test_none_stands_still(parts: dict[str, Any], said: str) -> None:
    """No time between two signs of its own life is long, while another generation goes on."""
    others = evidence(lines=_alive(OTHER_ID, 400))
    parts = {**parts, "lines": others.lines + parts.get("lines", [])}
    both = [generation(ended=at(400)), generation(workflow_id=OTHER_ID, ended=at(400))]
    assert told(judge.none_stands_still(evidence(**parts), both), said)


@pytest.mark.parametrize(("seconds", "said"), [(STILL, ""), (STILL + 1, "still for 121 s")])
def test_how_long_is_still(seconds: float, said: str) -> None:
    """As long as the bound is not too long."""
    assert told(judge.none_stands_still(evidence(), [generation(ended=at(seconds))]), said)


def test_who_never_began_or_ended_is_not_still() -> None:
    """That it did not end is told already."""
    assert judge.stillness_of(evidence(), [generation(ended=None), generation(accepted=None)]) == {}


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"events": [snapshot(1, 0, status="paused")], "executions": [run()]}, ""),
        ({"events": [snapshot(1, 0, status="paused", reason="quota")]}, "paused, quota"),
        ({"events": [snapshot(1, 0, status="failed", reason="no content")]}, "failed, no content"),
        *(
            ({"executions": [run(), run(status)]}, said)
            for status, said in [
                (WorkflowExecutionStatus.RUNNING, ""),
                (WorkflowExecutionStatus.CANCELED, ""),
                (WorkflowExecutionStatus.CONTINUED_AS_NEW, ""),
                (WorkflowExecutionStatus.FAILED, "a run is"),
                (WorkflowExecutionStatus.TERMINATED, "a run is"),
                (WorkflowExecutionStatus.TIMED_OUT, "a run is"),
            ]
        ),
    ],
)
def test_nothing_stops_by_itself(parts: dict[str, Any], said: str) -> None:
    """A person's pause has no reason; what has one, and a run that fails, does."""
    assert told(judge.nothing_stops_by_itself(evidence(**parts), [generation()], []), said)


@pytest.mark.parametrize(("moment", "said"), [(4.9, ""), (5, "failed, no answer")])
def test_a_start_that_was_not_accepted_yet_may_fail(moment: float, said: str) -> None:
    """Accepted at 5, when it was asked for again."""
    events = [snapshot(1, 0, moment, status="failed", reason="no answer")]
    started = [generation(accepted=at(5))]
    assert told(judge.nothing_stops_by_itself(evidence(events=events), started, []), said)


@pytest.mark.parametrize(("moment", "said"), [(50, ""), (95, "failed, no answer")])
def test_a_start_that_temporal_did_not_answer_is_told_as_failed(moment: float, said: str) -> None:
    """It stood still by itself, from 30 to 75; 15 s later everybody has noticed that it serves again."""
    standstill = struck(OUTAGES, TEMPORAL, 30, seconds=45)
    events = [snapshot(1, 0, moment, status="failed", reason="no answer")]
    assert told(judge.nothing_stops_by_itself(evidence(events=events), [], [standstill]), said)


@pytest.mark.parametrize(
    ("starts", "said"),
    [
        ({"worker-1": 2, "api": 1}, ""),
        ({"worker-1": 1}, ""),
        ({"worker-1": 3}, "worker-1: started 3 times, 1 of them"),
        ({"worker-2": 2}, "worker-2: started 2 times"),
        ({"api": 2}, "api: started 2 times"),
        ({TEMPORAL: 2}, ""),
        ({POSTGRES: 2}, "postgres: started 2 times, 1 of them for no reason"),
    ],
)
def test_nothing_dies_by_itself(starts: dict[str, int], said: str) -> None:
    """One kill of worker-1, one that hit nothing; Temporal was started again once, after all starts; a freeze."""
    strikes = [kill("worker-1", 1), kill("worker-2", 2, hit=False), struck(OUTAGES, TEMPORAL, 3)]
    strikes.append(struck(FREEZES, POSTGRES, 4))
    moments = {name: [at(0)] * count for name, count in starts.items()}
    assert told(judge.nothing_dies_by_itself(moments, strikes, strikes), said)


@pytest.mark.parametrize(
    ("moments", "said"),
    [
        ([0, 40, 50, 80], ""),
        ([0, 40, 50, 100], ""),
        ([0, 40, 50, 100, 110], "worker-1: started 5 times, 1 of them"),
        ([0, 20, 40], "worker-1: started 3 times, 1 of them"),
    ],
)
def test_who_begins_while_temporal_stands_still_gives_up(moments: list[float], said: str) -> None:
    """It did so by itself, from 30 to 75, and was noticed for 15 s more. Who began at another time has no reason."""
    strikes = [struck(OUTAGES, TEMPORAL, 30, seconds=45), kill("worker-1", 35)]
    starts = {"worker-1": [at(moment) for moment in moments]}
    assert told(judge.nothing_dies_by_itself(starts, strikes, strikes), said)


def test_who_was_killed_meanwhile_has_given_up_nothing() -> None:
    """Two of three deaths were kills, and the third gave up; a fourth has no reason."""
    strikes = [struck(OUTAGES, TEMPORAL, 30, seconds=45), kill("worker-1", 45), kill("worker-1", 55)]
    starts = {"worker-1": [at(moment) for moment in (0, 50, 60, 101)]}
    assert judge.nothing_dies_by_itself(starts, strikes, strikes) == []
    starts["worker-1"].append(at(102))
    assert told(judge.nothing_dies_by_itself(starts, strikes, strikes), "started 5 times, 1 of them")


@pytest.mark.parametrize(("seconds", "said"), [([], ""), ([3.0, 120.0], ""), ([3.0, 120.6], "no answer for 121 s")])
def test_what_was_cut_off_is_answered(seconds: list[float], said: str) -> None:
    """Within the time that a generation may stand still."""
    assert told(judge.what_was_cut_off_is_answered(seconds), said)


def test_what_was_cut_off_goes_on() -> None:
    """A cancelled generation's needs not."""
    assert judge.what_was_cut_off_goes_on([], [generation()]) == []
    assert told(judge.what_was_cut_off_goes_on([STEP], [generation()]), "never taken up")
    assert judge.what_was_cut_off_goes_on([STEP], [generation(cancelled=True)]) == []
    assert judge.what_was_cut_off_goes_on([STEP], [generation(regretted=[(at(3), at(5))])]) == []
