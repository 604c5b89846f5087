"""I6: what was accepted and is lost, and what the API must never answer, is an offence."""

from collections import Counter
from typing import Any

import httpx2
import pytest
from temporalio.client import WorkflowHistory

from domain.statuses import Status
from embedded.postgres import NAME as POSTGRES
from embedded.temporal_server import NAME as TEMPORAL
from tests.chaos import judge
from tests.chaos.cluster import API, DEMO_MODEL
from tests.chaos.schedule import FREEZES, NETWORK, OUTAGES
from tests.chaos.strikes import Done
from tests.chaos.teachers import Answers
from tests.unit.chaos.evidence_of import (
    ID,
    OTHER_ID,
    at,
    call,
    evidence,
    generation,
    history,
    run,
    snapshot,
    state,
    struck,
    told,
)

OF_THE_OTHER = {"workflow_id": OTHER_ID, "quiz_id": "quiz-2"}


def _lost(
    changes: dict[str, Any] | None = None,
    *,
    strikes: list[Done] | None = None,
    answers: Answers | None = None,
    operated: set[str] | None = None,
    **parts: Any,
) -> list[str]:
    """What is told of two generations, one of them changed, that have their rows and runs."""
    both = [generation(**(changes or {})), generation(**OF_THE_OTHER)]
    parts = {
        "states": [state(), state(**OF_THE_OTHER)],
        "executions": [run(), run(workflow_id=OTHER_ID)],
        "lines": [call(1)],
        **parts,
    }
    return judge.nothing_accepted_is_lost(
        evidence(**parts), both, answers or Answers(), strikes or [], operated or set()
    )


@pytest.mark.parametrize(
    ("changes", "parts", "said"),
    [
        ({}, {}, ""),
        # Accepted; nothing is there.
        ({"workflow_id": "mcq_3"}, {}, "mcq_3: accepted, no row"),
        ({"workflow_id": "mcq_3", "accepted": None}, {}, ""),
        # Something runs, or was asked for, of which no row tells.
        ({}, {"executions": [run(workflow_id="mcq_3")]}, "mcq_3: runs or was asked for, no row"),
        ({}, {"lines": [call(1, step=("mcq_3", 0, "draft", 1))]}, "mcq_3: runs or was asked for, no row"),
        # Equal requests had two answers.
        ({"twins": {"mcq_3"}}, {}, "also ['mcq_3']"),
        ({}, {"states": [state(), state(workflow_id=OTHER_ID)]}, "quiz quiz-1: 2 generations"),
    ],
)
def test_nothing_accepted_is_lost(changes: dict[str, Any], parts: dict[str, Any], said: str) -> None:
    """Each start has its one row, and so has each run."""
    assert told(_lost(changes, **parts), said)


def test_what_is_accepted_runs_and_has_no_row() -> None:
    """Both are told."""
    assert len(_lost(states=[state(**OF_THE_OTHER)])) == 2


@pytest.mark.parametrize(
    ("strikes", "said"),
    [
        ([], "start: no answer from"),
        ([struck(OUTAGES, API, 105)], ""),
        ([struck(FREEZES, API, 95)], ""),
        ([struck(OUTAGES, API, 70)], "start: no answer from"),
        ([struck(OUTAGES, API, 111)], "start: no answer from"),
        ([struck(OUTAGES, API, 105, hit=False)], "start: no answer from"),
        # Without its parts it must say so in time.
        ([struck(OUTAGES, POSTGRES, 105)], "start: no answer from"),
        ([struck(FREEZES, TEMPORAL, 105)], "start: no answer from"),
        ([struck(NETWORK, f"{API} to {POSTGRES}", 105)], "start: no answer from"),
    ],
)
def test_every_request_is_answered(strikes: list[Done], said: str) -> None:
    """Sent at 100, given up or broken at 110: only the API's own absence is an excuse."""
    requests = [("start", at(100), at(110))]
    assert told(_lost(strikes=strikes, answers=Answers(unanswered=requests)), said)
    broken = said.replace("no answer", "a connection that broke")
    assert told(_lost(strikes=strikes, answers=Answers(broken=requests)), broken)


@pytest.mark.parametrize(
    ("answer", "key", "said"),
    [
        (None, "no answer", ""),
        (httpx2.Response(202), "202", ""),
        (httpx2.Response(404), "404", ""),
        (httpx2.Response(500, text="oh"), "500", "start: 500 oh"),
        (httpx2.Response(502), "502", "start: 502"),
        (httpx2.Response(504), "504", "start: 504"),
        (httpx2.Response(503), "503", "start: 503 without Retry-After"),
        (httpx2.Response(503, headers={"Retry-After": "1"}), "503", ""),
    ],
)
def test_what_the_api_must_not_answer(answer: httpx2.Response | None, key: str, said: str) -> None:
    """No 5xx but 503 with Retry-After; all are counted, and what is noted reaches the judge."""
    answers = Answers()
    answers.note("start", answer)
    assert answers.by_status == {key: 1}
    assert len(answers.busy) == (key == "503")
    assert told(answers.offences, said)
    assert told(_lost(answers=answers), said)


@pytest.mark.parametrize(
    ("busy", "strikes", "said"),
    [
        (9, [], ""),
        (10, [], "10 of 1000 answers are 503"),
        (500, [], "500 of 1000"),
        (500, [struck(OUTAGES, TEMPORAL, 95)], ""),
        (500, [struck(OUTAGES, TEMPORAL, 50)], "500 of 1000"),
        (500, [struck(OUTAGES, POSTGRES, 95)], "500 of 1000"),
    ],
)
def test_the_api_serves(busy: int, strikes: list[Done], said: str) -> None:
    """At 100 it was busy: the mirror needs no worker, so there is little reason, unless Temporal stood still."""
    answers = Answers({"200": 1_000 - busy, "503": busy}, busy=[at(100)] * busy)
    assert told(judge.the_api_serves(answers, strikes), said)
    assert judge.the_api_serves(Answers({"200": 1}), []) == []


@pytest.mark.parametrize(
    ("acted", "status", "histories", "said"),
    [
        (["pause"], Status.COMPLETED, [history("pause", "resume")], ""),
        (["pause"], Status.COMPLETED, [history("pause"), history("question.draft")], ""),
        (["pause"], Status.COMPLETED, [], "1 times pause accepted, 0 in its histories"),
        (["pause"], Status.COMPLETED, [history("resume", "question.draft")], "1 times pause accepted"),
        (["pause"], Status.COMPLETED, [history("pause", workflow_id=OTHER_ID)], "1 times pause accepted"),
        (["pause"], Status.CANCELLED, [history("cancel")], "1 times pause accepted"),
        (
            ["pause", "pause"],
            Status.COMPLETED,
            [history("pause", "resume")],
            "2 times pause accepted, 1 in its histories",
        ),
        (["pause", "pause"], Status.COMPLETED, [history("pause"), history("pause")], ""),
        (["cancel"], Status.COMPLETED, [history("cancel")], ""),
        (["cancel", "cancel"], Status.COMPLETED, [history("cancel")], ""),
        (["cancel"], Status.COMPLETED, [history("pause")], "1 times cancel accepted, 0 in its histories"),
        # It never began, and is cancelled for all that.
        (["cancel"], Status.CANCELLED, [], ""),
        (["pause", "cancel"], Status.COMPLETED, [history("pause", "cancel")], ""),
        (["pause", "cancel"], Status.COMPLETED, [history("pause")], "1 times cancel accepted"),
        (["resume"], Status.COMPLETED, [history("pause", "resume")], ""),
        (["resume"], Status.COMPLETED, [history("pause")], "1 times resume accepted, 0 in its histories"),
        (["resume"] * 2, Status.COMPLETED, [history("pause", "resume")], "2 times resume accepted, 1 in its histories"),
        # It had ended: a run of its own, and one that a run hands over to is none.
        (["resume"], Status.COMPLETED, [history("cancel"), history("question.draft")], ""),
        (["resume"], Status.COMPLETED, [history("pause"), history("continues-paused")], "1 times resume accepted"),
    ],
)
def test_what_was_asked_for_is_in_history(
    acted: list[str], status: Status, histories: list[WorkflowHistory], said: str
) -> None:
    """Of its own runs, in any of them."""
    assert told(_lost({"acted": Counter(acted), "status": status}, histories=histories), said)


def test_a_resume_of_what_operators_ended_need_not_be_in_history() -> None:
    """Of two at once one begins the run; another one's resume must be."""
    resumed = {"acted": Counter(["resume"])}
    assert _lost(resumed, histories=[history("pause")], operated={ID}) == []
    assert told(_lost(resumed, histories=[history("pause")], operated={OTHER_ID}), "resume accepted")


def failed(**changes: Any) -> dict[str, Any]:
    """A line of the log that tells of an end."""
    return snapshot(1, 0, status=Status.FAILED) | changes


@pytest.mark.parametrize(
    ("accepted", "events", "runs", "said"),
    [
        # One begins the run, and two are at once with it.
        (1, [failed()], 2, ""),
        (3, [failed()], 2, ""),
        (4, [failed()], 2, "4 times resume accepted, 1 in its histories"),
        (6, [failed(), failed()], 3, ""),
        # It began none.
        (1, [failed()], 1, "1 times resume accepted, 0 in its histories"),
        (2, [failed(), failed()], 2, "2 times resume accepted, 1 in its histories"),
        # Its start got no answer, and had begun it nevertheless.
        (1, [failed(run_id="outside-1")], 1, ""),
        (3, [failed(run_id="outside-1")], 1, "3 times resume accepted"),
        # What is no failure, or another one's, is no reason.
        (2, [snapshot(1, 0, status=Status.PAUSED)], 2, "2 times resume accepted, 1 in its histories"),
        (2, [failed(workflow_id=OTHER_ID)], 2, "2 times resume accepted, 1 in its histories"),
    ],
)
def test_of_resumes_at_once_of_what_failed_one_is_in_history(
    accepted: int, events: list[dict[str, Any]], runs: int, said: str
) -> None:
    """For each time that it failed; three windows can resume at once."""
    resumed, histories = {"acted": Counter({"resume": accepted})}, [history("question.draft")] * runs
    assert told(_lost(resumed, histories=histories, events=events), said)


@pytest.mark.parametrize(
    ("strikes", "operated", "said"),
    [
        ([], set(), "nobody resumed"),
        ([], {OTHER_ID}, "nobody resumed"),
        ([], {ID}, ""),
        # An earlier resume may come late through these.
        ([struck(FREEZES, API, 99)], set(), ""),
        ([struck(OUTAGES, POSTGRES, 99)], set(), ""),
        ([struck(OUTAGES, TEMPORAL, 60)], set(), ""),
        ([struck(NETWORK, f"{API} to {TEMPORAL}", 99)], set(), ""),
        ([struck(OUTAGES, TEMPORAL, 40)], set(), "nobody resumed"),
        ([struck(OUTAGES, TEMPORAL, 105)], set(), "nobody resumed"),
        ([struck(OUTAGES, DEMO_MODEL, 99)], set(), "nobody resumed"),
        ([struck(FREEZES, "worker-1", 99)], set(), "nobody resumed"),
        ([struck(NETWORK, f"worker-1 to {TEMPORAL}", 99)], set(), "nobody resumed"),
    ],
)
def test_no_pause_ends_by_itself(strikes: list[Done], operated: set[str], said: str) -> None:
    """Acknowledged at 100 and over at 104, though this teacher had not resumed."""
    assert told(_lost({"lapsed": [(at(100), at(104))]}, strikes=strikes, operated=operated), said)
