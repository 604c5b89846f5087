"""A report says whether an invariant is broken; if not, whether it was played, enough was tried, and in time."""

import inspect
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from domain.statuses import Status
from embedded.postgres import NAME as POSTGRES
from embedded.temporal_server import NAME as TEMPORAL
from tests.chaos import calls, campaign, judge, runs, unasked
from tests.chaos.cluster import API, DEMO_MODEL
from tests.chaos.evidence import CallLine, Evidence
from tests.chaos.mirror import Convergence
from tests.chaos.plan import Plan
from tests.chaos.schedule import CRASHES, FREEZES, KILLS, OPERATOR, OUTAGES
from tests.chaos.strikes import Done, standstill, taken_back
from tests.chaos.teachers import Answers
from tests.chaos.verdict import BROKEN_OFF, HOLDS, NOT_VACUOUS, TARGETS, Witnesses, in_words, judged, missed
from tests.unit.chaos.evidence_of import (
    OTHER_ID,
    at,
    call,
    evidence,
    generation,
    history,
    kill,
    question,
    run,
    snapshot,
    state,
    struck,
    witnesses,
)

PLAN = Plan(1, 2, 3, kills=1, seconds=60, faults=(KILLS,), least_inside=0, least_judged=0, capricious=False)
BROKEN, TOO_LITTLE = "AN INVARIANT IS BROKEN", "TOO LITTLE WAS TRIED TO SAY"
MISSED = f"{HOLDS}, A TARGET IS MISSED"
TIMES = {"answered after a kill, seconds": {"p95": 30.0}, "mirror's counts true again, seconds": {"max": 10.0}}
ANSWERED, COUNTED = TIMES
BUSY = Answers({"200": 9, "503": 1}, busy=[at(40)])
TWO_STARTS = [at(0), at(1)]
TWICE = [call(0), call(10, worker="worker-2", try_=2)]


@pytest.mark.parametrize(
    ("offences", "verdict"),
    [
        ({}, HOLDS),
        ({"I1": [], TARGETS: []}, HOLDS),
        ({"I1": ["lost"]}, BROKEN),
        ({"I1": ["lost"], NOT_VACUOUS: ["no kill"], TARGETS: ["late"]}, BROKEN),
        ({NOT_VACUOUS: ["no kill"], TARGETS: ["late"]}, TOO_LITTLE),
        ({TARGETS: ["late"]}, MISSED),
        ({BROKEN_OFF: ["Traceback"]}, "THE CAMPAIGN ITSELF BROKE OFF"),
    ],
)
def test_in_words(offences: dict[str, list[str]], verdict: str) -> None:
    """Only the first of them is a success."""
    assert in_words(offences) == verdict
    assert campaign.Result(PLAN, "abc1234", datetime.now(UTC), 1.0, offences, {}).holds is (verdict == HOLDS)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, []),
        ({ANSWERED: {"p95": None}}, []),
        ({ANSWERED: {"p95": 30.1}}, [f"{ANSWERED}: p95 30.1, wanted 30"]),
        ({COUNTED: {"max": 10.1}}, [f"{COUNTED}: max 10.1, wanted 10"]),
        (
            {ANSWERED: {"p95": 99.0}, COUNTED: {"max": 99.0}},
            [f"{ANSWERED}: p95 99.0, wanted 30", f"{COUNTED}: max 99.0, wanted 10"],
        ),
    ],
)
def test_targets(changes: dict[str, Any], said: list[str]) -> None:
    """Reached when just reached; of nothing there is nothing to reach."""
    assert missed({**TIMES, **changes}) == said


def _legal(**parts: Any) -> Evidence:
    """What a completed generation of three questions leaves behind."""
    rows = {"questions": [question(slot) for slot in range(3)], "states": [state()], "events": [snapshot(9, 3)]}
    return evidence(**{**rows, "executions": [run()], **parts})


async def _verdict(monkeypatch: pytest.MonkeyPatch, **parts: Any) -> str:
    """On one generation, of a campaign in which one worker was killed; the database and the logs have no secret."""
    monkeypatch.setattr(judge, "nothing_secret_is_told", lambda *_: [])
    seen = _witnesses(**parts)
    offences, _ = await judged(seen)
    return in_words(offences)


def _witnesses(**parts: Any) -> Witnesses:
    parts = {"plan": PLAN, "generations": [generation()], "done": [kill("worker-1", 30)], "evidence": _legal(), **parts}
    return witnesses(**parts)


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        ({}, HOLDS),
        ({"stuck": "no progress for 150 s"}, BROKEN),
        ({"generations": [generation(ended=None, status=Status.RUNNING)]}, BROKEN),
        ({"evidence": _legal(questions=[question(0), question(2)])}, BROKEN),
        ({"evidence": _legal(events=[snapshot(9, 3), snapshot(8, 3)])}, BROKEN),
        ({"answers": Answers(offences=["start: 500"])}, BROKEN),
        ({"convergence": Convergence(1.0, [2.0], ["mcq_1: None in the mirror"])}, BROKEN),
        ({"convergence": Convergence(1.0, [12.0], [])}, MISSED),
        ({"convergence": Convergence(1.0, [], [])}, TOO_LITTLE),
        ({"done": []}, TOO_LITTLE),
        # Only where nothing but workers dies:
        ({"starts": {"api": TWO_STARTS}}, BROKEN),
        ({"starts": {"worker-1": TWO_STARTS}}, HOLDS),
        ({"answers": BUSY}, BROKEN),
        ({"evidence": _legal(events=[snapshot(9, 3, 30, reason="no worker")])}, BROKEN),
        # Temporal stood still meanwhile, by itself.
        ({"answers": BUSY, "standstills": [standstill(at(40))]}, HOLDS),
        (
            {"evidence": _legal(events=[snapshot(9, 3, 30, reason="no worker")]), "standstills": [standstill(at(40))]},
            HOLDS,
        ),
        ({"starts": {"temporal": TWO_STARTS}, "standstills": [standstill(at(40))]}, HOLDS),
    ],
)
async def test_where_only_workers_die(parts: dict[str, Any], verdict: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each witness reaches the verdict."""
    assert await _verdict(monkeypatch, **parts) == verdict


WIRED = {
    "I1 every generation ends": (
        judge.every_generation_ended,
        judge.none_stands_still,
        judge.nothing_stops_by_itself,
        judge.nothing_dies_by_itself,
        judge.what_was_cut_off_goes_on,
        judge.what_was_cut_off_is_answered,
        runs.no_end_is_refused_again_and_again,
        unasked.nothing_is_cancelled_unasked,
        unasked.nothing_pauses_unasked,
        unasked.no_status_is_set_unasked,
    ),
    "I2 every question once": (judge.every_question_is_there_once,),
    "I3 no completed step again": (calls.no_completed_step_is_called_again,),
    "T8 calls are bounded": (calls.calls_of_a_slot_are_bounded,),
    "I4 paid twice only in flight": (calls.paid_twice_only_in_flight,),
    "I5 the mirror is true": (
        judge.the_mirror_counts_its_questions,
        judge.the_mirror_never_goes_back,
        unasked.the_mirror_says_what_runs_told,
    ),
    "I6 nothing accepted is lost": (judge.nothing_accepted_is_lost, judge.the_api_serves),
    "I7 a pause is a pause": (judge.a_pause_is_a_pause, runs.nothing_is_begun_after_a_stop),
    "I8 every history replays": (runs.every_history_is_there, runs.every_history_replays),
    "I9 nothing secret is told": (judge.nothing_secret_is_told, judge.nothing_is_readable),
    "I10 histories stay small": (runs.histories_stay_small,),
}
# The mirror's own looks, and where one server alone goes away, have tests of their own.
ELSEWHERE = {"the_mirror_tells_the_truth", "none_is_paid_twice"}


@pytest.mark.parametrize(
    ("invariant", "function"), [(name, one) for name, functions in WIRED.items() for one in functions]
)
async def test_what_each_judge_says_stands_against_its_invariant(
    invariant: str, function: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And against no other."""

    async def soon(*_: object) -> list[str]:
        return ["said"]

    monkeypatch.setattr(judge, "nothing_secret_is_told", lambda *_: [])
    monkeypatch.setattr(
        sys.modules[function.__module__],
        function.__name__,
        soon if inspect.iscoroutinefunction(function) else lambda *_: ["said"],
    )
    offences, _ = await judged(_witnesses())
    assert {name: against for name, against in offences.items() if against} == {invariant: ["said"]}


def test_every_judge_is_heard() -> None:
    """Whatever tells offences."""
    heard = {one.__name__ for functions in WIRED.values() for one in functions}
    judges = {
        name
        for module in (judge, calls, runs, unasked)
        for name, one in inspect.getmembers(module, inspect.isfunction)
        if one.__module__ == module.__name__
        and not name.startswith("_")
        and inspect.signature(one).return_annotation == list[str]
    }
    assert judges == heard | ELSEWHERE


# Paused, which nothing told, until somebody resumed it.
BY_ITSELF: dict[str, Any] = {"histories": [history("sets-paused", "resume", "sets-running")], "events": []}


@pytest.mark.parametrize(
    ("faults", "verdict"),
    [
        ((KILLS,), BROKEN),
        ((CRASHES,), BROKEN),
        ((KILLS, CRASHES), BROKEN),
        ((KILLS, OPERATOR), HOLDS),
        ((CRASHES, FREEZES), HOLDS),
    ],
)
@pytest.mark.parametrize(
    "parts",
    [
        {"evidence": _legal(events=[snapshot(9, 3, 30, reason="no worker")])},
        {"starts": {"worker-2": TWO_STARTS}},
        {"answers": BUSY},
        {"evidence": _legal(**BY_ITSELF)},
    ],
)
async def test_a_crash_is_a_death_of_a_worker(
    parts: dict[str, Any], faults: tuple[str, ...], verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more than a kill it has a reason why anything else stops, dies or does not serve."""
    monkeypatch.setattr(runs, "every_history_replays", _none)
    done = [kill("worker-1", 30), *(struck(kind, "", 30, worker="worker-1") for kind in faults)]
    assert await _verdict(monkeypatch, plan=replace(PLAN, faults=faults), done=done, **parts) == verdict


async def _none(_: object) -> list[str]:
    return []


async def test_targets_are_of_kills_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """With crashes there are so many deaths more."""
    done = [kill("worker-1", 30), struck(CRASHES, "after_answer", 30, worker="worker-1")]
    late: dict[str, Any] = {"convergence": Convergence(1.0, [12.0], []), "done": done}
    assert await _verdict(monkeypatch, plan=replace(PLAN, faults=(KILLS, CRASHES)), **late) == HOLDS
    assert await _verdict(monkeypatch, **late) == MISSED


async def test_a_worker_that_crashed_dies_by_design(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each armed point that it takes is one start more, and no other is."""
    crash = struck(CRASHES, "after_answer", 0.5, worker="worker-1")
    parts: dict[str, Any] = {"plan": replace(PLAN, faults=(CRASHES,)), "done": [crash]}
    assert await _verdict(monkeypatch, starts={"worker-1": TWO_STARTS}, **parts) == HOLDS
    assert await _verdict(monkeypatch, starts={"worker-1": [*TWO_STARTS, at(2)]}, **parts) == BROKEN


async def test_where_more_than_workers_die_times_are_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other faults excuse the 503, the start and the late mirror."""
    parts = {
        "plan": replace(PLAN, faults=(KILLS, FREEZES)),
        "done": [kill("worker-1", 30), struck(FREEZES, API, 30)],
        "starts": {"api": TWO_STARTS},
        "answers": BUSY,
        "convergence": Convergence(1.0, [12.0], []),
    }
    assert await _verdict(monkeypatch, **parts) == HOLDS


@pytest.mark.parametrize(
    ("away", "lines", "standstills", "verdict"),
    [
        *(((server,), TWICE[:1], [], HOLDS) for server in (POSTGRES, TEMPORAL, API, DEMO_MODEL)),
        *(((server,), TWICE, [], BROKEN) for server in (POSTGRES, TEMPORAL, API)),
        # A call cannot do without it; and while an answer waits for PostgreSQL, Temporal must hear of its worker.
        ((DEMO_MODEL,), TWICE, [], HOLDS),
        ((POSTGRES, TEMPORAL), TWICE, [], BROKEN),
        ((POSTGRES, TEMPORAL), TWICE, [standstill(at(30))], HOLDS),
        ((POSTGRES, API), TWICE, [], BROKEN),
        ((TEMPORAL, API), TWICE, [], BROKEN),
        ((POSTGRES,), TWICE, [standstill(at(30))], HOLDS),
    ],
)
async def test_where_one_server_goes_away_alone(
    away: tuple[str, ...],
    lines: list[CallLine],
    standstills: list[Done],
    verdict: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A call that was in flight at an outage is paid twice only when it could not go on."""
    done: list[Done] = [struck(OUTAGES, away[0], 0.5), struck(OUTAGES, POSTGRES, 0.5)]
    plan = replace(PLAN, faults=(OUTAGES,), outages_of=away)
    assert (
        await _verdict(monkeypatch, plan=plan, done=done, evidence=_legal(lines=lines), standstills=standstills)
        == verdict
    )


@pytest.mark.parametrize(
    ("faults", "away", "verdict"),
    [
        ((OUTAGES,), (POSTGRES,), BROKEN),
        ((OUTAGES,), (TEMPORAL,), BROKEN),
        # A model that is away for long, and what else may happen, is a reason to stop.
        ((OUTAGES,), (DEMO_MODEL,), HOLDS),
        ((OUTAGES, FREEZES), (POSTGRES,), HOLDS),
    ],
)
async def test_nothing_stops_for_a_server_that_no_call_needs(
    faults: tuple[str, ...], away: tuple[str, ...], verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A generation that pauses, with a reason of its own or none, while only PostgreSQL or Temporal goes away."""
    monkeypatch.setattr(runs, "every_history_replays", _none)
    done = [struck(OUTAGES, away[0], 0.5), struck(FREEZES, API, 0.5)]
    stopped = _legal(events=[snapshot(1, 0, 50, status="paused", reason="quota")])
    plan = replace(PLAN, faults=faults, outages_of=away)
    for seen in (stopped, _legal(**BY_ITSELF)):
        assert await _verdict(monkeypatch, plan=plan, done=done, evidence=seen) == verdict


@pytest.mark.parametrize(
    ("faults", "away", "verdict"),
    [
        ((OUTAGES,), (POSTGRES,), BROKEN),
        ((OUTAGES,), (TEMPORAL,), BROKEN),
        ((OUTAGES,), (DEMO_MODEL,), HOLDS),
    ],
)
async def test_nobody_dies_for_a_server_that_no_call_needs(
    faults: tuple[str, ...], away: tuple[str, ...], verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that ends when PostgreSQL or Temporal goes away, and is started again by its supervisor."""
    plan, done = replace(PLAN, faults=faults, outages_of=away), [struck(OUTAGES, away[0], 0.5)]
    starts = {"worker-1": TWO_STARTS, away[0]: TWO_STARTS}
    assert await _verdict(monkeypatch, plan=plan, done=done, starts=starts) == verdict


def test_a_cancel_that_was_taken_back_is_among_what_struck() -> None:
    """Of each teacher who did."""
    seen = _witnesses(generations=[generation(), generation(regretted=[(at(3), at(5))], workflow_id=OTHER_ID)])
    back = taken_back(OTHER_ID, at(3), at(5))
    assert seen.by_themselves == [back] and back.took > 2
    assert seen.strikes == [*seen.done, back]


@pytest.mark.parametrize(("stuck", "verdict"), [("", "THE CAMPAIGN ITSELF BROKE OFF"), ("no progress", BROKEN)])
async def test_a_campaign_that_breaks_off_is_told_so(
    stuck: str, verdict: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With what broke it; nothing is said of the invariants, unless it was stuck before."""

    @asynccontextmanager
    async def running(_: object) -> AsyncIterator[None]:
        yield

    async def broken(*arguments: Any) -> None:
        arguments[-1].stuck = stuck
        raise OSError("no room")

    monkeypatch.setattr(campaign, "Cluster", lambda *_, **__: SimpleNamespace(silences=[at(100)]))
    monkeypatch.setattr(campaign, "_running", running)
    monkeypatch.setattr(campaign, "_play", broken)
    result = await campaign.run(PLAN, tmp_path)
    assert result.verdict == verdict
    assert "no room" in result.offences[BROKEN_OFF][0]
    assert [strike["target"] for strike in result.timeline] == [TEMPORAL]
