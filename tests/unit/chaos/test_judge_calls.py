"""I3 and I4: a call of a completed or stored step, and one paid twice without its own worker's bad luck, is told."""

from typing import Any

import pytest

from demo_model.fault_answers import BILLED
from demo_model.faults import Fault
from embedded.postgres import NAME as POSTGRES
from embedded.temporal_server import NAME as TEMPORAL
from tests.chaos import calls, excuses
from tests.chaos.cluster import API, DEMO_MODEL
from tests.chaos.evidence import CallLine, Completion
from tests.chaos.schedule import ACTIVITY_RESET, CRASHES, FREEZES, MODEL, NETWORK, OPERATOR, OUTAGES, Strike
from tests.chaos.strikes import Done, taken_back
from tests.unit.chaos.evidence_of import ID, OTHER_ID, STEP, at, call, evidence, kill, struck, told, took

OTHER_STEP = (ID, 1, "draft", 1)


def deed(name: str) -> Done:
    """What an operator did at 3."""
    return Done(Strike(0, OPERATOR, "a generation", {"deed": name}), at(3), hit=True, details={"workflow_id": ID})


FROZEN = struck(FREEZES, "worker-1", 9)


@pytest.mark.parametrize(
    ("line", "strikes", "offends"),
    [
        (call(9, 20), [], False),
        (call(10), [], False),
        (call(12, step=OTHER_STEP), [], False),
        # Its try is later: that the step is completed could be known.
        (call(12, try_=3), [], True),
        (call(12, try_=3), [FROZEN], True),
        # Unless it is of a run that somebody ended before, and was held up since.
        (call(12, try_=3), [FROZEN, struck(OPERATOR, "a generation", 3, workflow_id=ID)], False),
        (call(12, try_=3), [FROZEN, taken_back(ID, at(3), at(4))], False),
        (call(12, try_=3), [struck(OPERATOR, "a generation", 3, workflow_id=ID)], True),
        (call(12, try_=3), [FROZEN, struck(OPERATOR, "a generation", 3, workflow_id=OTHER_ID)], True),
        (call(12, try_=3), [FROZEN, struck(OPERATOR, "a generation", 3, hit=False, workflow_id=ID)], True),
        (call(12, try_=3), [FROZEN, struck(OPERATOR, "a generation", 11, workflow_id=ID)], True),
        (call(12, try_=3), [FROZEN, deed(ACTIVITY_RESET)], True),
        (call(12, try_=3), [FROZEN, deed("terminate")], False),
        # Nothing held it up.
        (call(12, try_=1), [], True),
        (call(12, try_=2), [], True),
        (call(12, try_=1), [kill("worker-1", 9.9)], True),
        (call(12, try_=1), [struck(FREEZES, "worker-2", 9)], True),
        (call(12, try_=1), [struck(FREEZES, "worker-10", 9)], True),
        (call(12, try_=1), [struck(FREEZES, "worker-1", 9, hit=False)], True),
        (call(12, try_=1), [struck(FREEZES, "worker-1", 11.5)], True),
        (call(12, try_=1), [struck(FREEZES, "worker-1", -14)], True),
        (call(12, try_=1), [struck(NETWORK, f"worker-2 to {POSTGRES}", 9)], True),
        (call(12, try_=1), [struck(OUTAGES, API, 9)], True),
        (call(12, try_=1), [struck(FREEZES, TEMPORAL, 9)], True),
        (call(12, try_=1), [struck(NETWORK, f"worker-1 to {TEMPORAL}", 9)], True),
        (call(12, try_=1), [struck(CRASHES, "before_call", 9)], True),
        # Its worker, or what that needs, stood still from before, or from just then.
        (call(12, try_=1), [FROZEN], False),
        (call(12, try_=2), [FROZEN], False),
        (call(12, try_=1), [struck(FREEZES, "worker-1", 11)], False),
        (call(12, try_=1), [struck(OUTAGES, POSTGRES, 9)], False),
        (call(12, try_=1), [struck(FREEZES, DEMO_MODEL, 9)], False),
        (call(12, try_=1), [struck(NETWORK, f"worker-1 to {POSTGRES}", 9)], False),
        # Until the call began, alone or one after the other.
        (call(100, try_=1), [FROZEN], True),
        (call(40, try_=1), [FROZEN, struck(OUTAGES, POSTGRES, 30)], False),
        (call(100, try_=1), [FROZEN, struck(OUTAGES, POSTGRES, 90)], True),
    ],
)
def test_no_completed_step_is_called_again(line: CallLine, strikes: list[Done], offends: bool) -> None:
    """History has it as completed at 10, by the second try."""
    parts = evidence(lines=[call(5, try_=2, worker="worker-3"), line], completions={STEP: Completion(at(10), 2)})
    if line.request_id == parts.lines[0].request_id:
        parts.lines.pop(0)
    assert told(calls.no_completed_step_is_called_again(parts, strikes), line.request_id if offends else "")


@pytest.mark.parametrize(("again", "offends"), [(12, True), (9.5, False)])
def test_one_request_is_sent_once(again: float, offends: bool) -> None:
    """The same request after the completion is sent again by somebody, and was not held up."""
    parts = evidence(lines=[call(5), call(again)], completions={STEP: Completion(at(10), 1)})
    assert told(calls.no_completed_step_is_called_again(parts, [FROZEN]), "/1" if offends else "")


@pytest.mark.parametrize(("strikes", "offends"), [([], True), ([FROZEN], False)])
def test_a_run_that_a_reset_ended_has_tries_with_the_same_numbers(strikes: list[Done], offends: bool) -> None:
    """One that stood still meanwhile comes in late; any other is a call of a completed step."""
    parts = evidence(lines=[call(5, worker="worker-2"), call(12)], completions={STEP: Completion(at(10), 1)})
    assert told(calls.no_completed_step_is_called_again(parts, strikes), "/1" if offends else "")


def test_one_request_is_sent_once_whichever_ends_first() -> None:
    """The first one is answered after the second."""
    parts = evidence(lines=[call(5, 40), call(12, 13)], completions={STEP: Completion(at(10), 1)})
    assert told(calls.no_completed_step_is_called_again(parts, [FROZEN]), "/1")


@pytest.mark.parametrize("outcome", sorted({"answered", "refused", *BILLED} - {Fault.CUT}))
def test_what_is_paid(outcome: str) -> None:
    """Whatever came whole, good or not."""
    parts = evidence(lines=[call(0, outcome=outcome), call(10, try_=2)])
    assert calls.paid_twice(parts) == [parts.lines]


@pytest.mark.parametrize("outcome", ["client_gone", "rejected", Fault.CUT, *(set(Fault) - BILLED)])
def test_what_is_not_paid(outcome: str) -> None:
    """What never came whole, or was refused before any work."""
    assert calls.paid_twice(evidence(lines=[call(0, outcome=outcome), call(10, try_=2)])) == []


@pytest.mark.parametrize(
    ("strikes", "said"),
    [
        ([], "nothing struck worker-1"),
        # Its own worker was killed in flight, or before the answer could be stored.
        ([kill("worker-1", 0.5)], ""),
        ([kill("worker-1", 2.9)], ""),
        ([kill("worker-1", 3.1)], "nothing struck worker-1"),
        # What was sent before that may be noted a moment later.
        ([kill("worker-1", -0.9)], ""),
        ([kill("worker-1", -1.1)], "nothing struck worker-1"),
        ([kill("worker-1", 0.5, hit=False)], "nothing struck worker-1"),
        ([kill("worker-2", 0.5)], "nothing struck worker-1"),
        ([kill("worker-3", 0.5)], "nothing struck worker-1"),
        ([struck(CRASHES, "after_answer", 0.5, worker="worker-1")], ""),
        ([struck(CRASHES, "after_answer", 0.5, worker="worker-2")], "nothing struck worker-1"),
        # It is over at once.
        ([struck(CRASHES, "after_answer", -2, worker="worker-1")], "nothing struck worker-1"),
        # Who stands still loses nothing, unless it is silent for so long that Temporal takes it for dead.
        *(
            ([struck(FREEZES, worker, 0.5, seconds)], said)
            for worker, seconds, said in (
                ("worker-1", 8, "nothing struck worker-1"),
                ("worker-1", 35, ""),
                ("worker-2", 35, "nothing struck worker-1"),
                ("worker-10", 35, "nothing struck worker-1"),
            )
        ),
        # That is noticed for some time after it.
        ([struck(FREEZES, "worker-1", -50, 35)], ""),
        ([struck(FREEZES, "worker-1", -53, 35)], "nothing struck worker-1"),
        ([struck(OUTAGES, DEMO_MODEL, 0.5)], ""),
        ([struck(FREEZES, DEMO_MODEL, 0.5)], "nothing struck worker-1"),
        # While PostgreSQL is away the answer waits in the worker: no reason, but in flight for as long.
        *(([struck(kind, POSTGRES, 0.5)], "nothing struck worker-1") for kind in (OUTAGES, FREEZES)),
        ([struck(OUTAGES, POSTGRES, 0.5), kill("worker-1", 9)], ""),
        ([struck(OUTAGES, POSTGRES, 0.5), kill("worker-2", 9)], "nothing struck worker-1"),
        ([struck(OUTAGES, POSTGRES, -20), struck(FREEZES, POSTGRES, 2.5), kill("worker-1", 9)], ""),
        ([struck(OUTAGES, POSTGRES, 3.1), kill("worker-1", 9)], "nothing struck worker-1"),
        ([struck(OUTAGES, POSTGRES, -24), kill("worker-1", 9)], "nothing struck worker-1"),
        ([struck(OUTAGES, TEMPORAL, 0.5), kill("worker-1", 9)], "nothing struck worker-1"),
        # A worker that stands still or does not reach PostgreSQL has not stored its answer.
        ([struck(FREEZES, "worker-1", 2.5), kill("worker-1", 9)], ""),
        ([struck(NETWORK, f"worker-1 to {POSTGRES}", 0.5), kill("worker-1", 9)], ""),
        ([struck(NETWORK, f"worker-2 to {POSTGRES}", 0.5), kill("worker-1", 9)], "nothing struck worker-1"),
        # Temporal does not miss a worker that soon, unless there is no beat between one silence and the next.
        *(([struck(kind, TEMPORAL, 0.5)], "nothing struck worker-1") for kind in (OUTAGES, FREEZES)),
        ([struck(OUTAGES, TEMPORAL, 0.5, 10)], ""),
        ([struck(OUTAGES, TEMPORAL, -2), struck(FREEZES, TEMPORAL, 0.5)], ""),
        *(
            ([struck(OUTAGES, TEMPORAL, -2, 0), struck(FREEZES, TEMPORAL, 0.5, seconds)], said)
            for seconds, said in ((2, "nothing struck worker-1"), (8, ""))
        ),
        ([struck(OUTAGES, TEMPORAL, -15), struck(FREEZES, TEMPORAL, 0.5)], ""),
        ([struck(OUTAGES, TEMPORAL, -15.6), struck(FREEZES, TEMPORAL, 0.5)], "nothing struck worker-1"),
        ([struck(FREEZES, "worker-1", -8), struck(NETWORK, f"worker-1 to {TEMPORAL}", 0.5)], ""),
        # To stop it took its time.
        ([took(struck(OUTAGES, TEMPORAL, -20), 5), struck(FREEZES, TEMPORAL, 0.5)], ""),
        ([took(struck(OUTAGES, TEMPORAL, 0.5, 2), 3)], "nothing struck worker-1"),
        ([took(struck(OUTAGES, TEMPORAL, 0.5, 2), 7)], ""),
        ([struck(FREEZES, "worker-2", -8), struck(NETWORK, f"worker-1 to {TEMPORAL}", 0.5)], "nothing struck worker-1"),
        ([struck(OUTAGES, TEMPORAL, -50, 20)], "nothing struck worker-1"),
        ([struck(OUTAGES, TEMPORAL, 3.1, 60)], "nothing struck worker-1"),
        # One after the other, each for itself.
        ([struck(OUTAGES, TEMPORAL, 0.5), struck(OUTAGES, POSTGRES, 0.5)], "nothing struck worker-1"),
        ([struck(OUTAGES, API, 0.5)], "nothing struck worker-1"),
        ([struck(NETWORK, f"worker-1 to {DEMO_MODEL}", 0.5)], ""),
        ([struck(NETWORK, f"worker-2 to {DEMO_MODEL}", 0.5)], "nothing struck worker-1"),
        ([struck(NETWORK, f"worker-1 to {POSTGRES}", 0.5)], "nothing struck worker-1"),
        ([struck(NETWORK, f"worker-1 to {TEMPORAL}", 0.5)], "nothing struck worker-1"),
        ([struck(NETWORK, f"worker-1 to {TEMPORAL}", 0.5, 30)], ""),
        ([struck(NETWORK, f"worker-2 to {TEMPORAL}", 0.5, 30)], "nothing struck worker-1"),
        ([struck(NETWORK, f"{API} to {TEMPORAL}", 0.5)], "nothing struck worker-1"),
        ([struck(OPERATOR, "a generation", 0.5, workflow_id=ID)], ""),
        ([struck(OPERATOR, "a generation", 0.5, workflow_id=OTHER_ID)], "nothing struck worker-1"),
        # Workers hear of it with their next heartbeat.
        ([struck(OPERATOR, "a generation", -5, workflow_id=ID)], ""),
        ([struck(OPERATOR, "a generation", -7.1, workflow_id=ID)], "nothing struck worker-1"),
        # Its commands took their time.
        ([took(struck(OPERATOR, "a generation", -7, workflow_id=ID), 1.5)], ""),
        ([took(struck(OPERATOR, "a generation", -8.6, workflow_id=ID), 1.5)], "nothing struck worker-1"),
        # A teacher cancelled, and went on: its worker heard of it some seconds later.
        ([taken_back(ID, at(-12), at(-10))], ""),
        ([taken_back(ID, at(-22), at(-20))], "nothing struck worker-1"),
        ([taken_back(OTHER_ID, at(-12), at(-10))], "nothing struck worker-1"),
        ([struck(MODEL, DEMO_MODEL, 0.5)], "nothing struck worker-1"),
    ],
)
def test_paid_twice_only_in_flight(strikes: list[Done], said: str) -> None:
    """Paid from 0 to 1 by worker-1, and by worker-2 from 10: what struck the first one's own?"""
    parts = evidence(lines=[call(0), call(10, worker="worker-2", try_=2)])
    assert told(calls.paid_twice_only_in_flight(parts, strikes), said)


@pytest.mark.parametrize(("killed", "said"), [(1.1, ""), (2.5, "nothing struck worker-1")])
def test_what_strikes_after_the_second_call_began_is_no_reason_for_it(killed: float, said: str) -> None:
    """It began at 1.2."""
    parts = evidence(lines=[call(0), call(1.2, worker="worker-2", try_=2)])
    assert told(calls.paid_twice_only_in_flight(parts, [kill("worker-1", killed)]), said)


def test_every_payment_needs_its_own_excuse() -> None:
    """Of three, the second was struck and the first was not."""
    parts = evidence(lines=[call(0), call(10, try_=2), call(20, try_=3)])
    assert told(calls.paid_twice_only_in_flight(parts, [kill("worker-1", 10.5)]), f"{parts.lines[1].request_id}:")


AWAY_MEANWHILE = struck(OUTAGES, TEMPORAL, 2)


@pytest.mark.parametrize(
    ("lines", "standstills", "said"),
    [
        ([call(0), call(10, step=OTHER_STEP)], [], ""),
        ([call(0, outcome="client_gone"), call(10, try_=2)], [], ""),
        ([call(0), call(10, try_=2)], [], "/draft/1/2: paid again"),
        ([call(0), call(10, try_=2)], [AWAY_MEANWHILE], ""),
        ([call(0), call(40, try_=2), call(90, try_=3)], [AWAY_MEANWHILE], "/draft/1/3: paid again"),
        ([call(0), call(10, try_=2)], [taken_back(ID, at(0.5), at(2))], ""),
        ([call(0), call(10, try_=2)], [taken_back(ID, at(7), at(9))], ""),
        ([call(0), call(10, try_=2)], [taken_back(ID, at(11), at(12))], "/draft/1/2: paid again"),
        ([call(0), call(10, try_=2)], [taken_back(OTHER_ID, at(7), at(9))], "/draft/1/2: paid again"),
    ],
)
def test_none_is_paid_twice(lines: list[CallLine], standstills: list[Done], said: str) -> None:
    """Whatever else was struck."""
    assert told(calls.none_is_paid_twice(evidence(lines=lines), standstills), said)


@pytest.mark.parametrize("other", [{"step": OTHER_STEP}, {"try_": 2, "outcome": "client_gone"}])
def test_what_is_not_paid_twice(other: dict[str, Any]) -> None:
    """Another step's call, and one that was not paid."""
    assert calls.paid_twice_only_in_flight(evidence(lines=[call(0), call(10, **other)]), []) == []


@pytest.mark.parametrize(
    ("stored", "strikes", "said"),
    [
        # Known, as it could be read before the call.
        (1.1, [], "stored at"),
        (8.9, [], "stored at"),
        (1.1, [struck(FREEZES, "worker-3", 1)], "stored at"),
        # Who wrote the row stood still before it could commit it; or long after that.
        (1.1, [struck(FREEZES, "worker-1", 1)], ""),
        (1.1, [struck(FREEZES, "worker-1", 5)], "stored at"),
        (1.1, [kill("worker-2", 1)], "stored at"),
        *((1.1, [struck(OUTAGES, away, 1)], "stored at") for away in (API, TEMPORAL)),
        # There was time to look before this began.
        (1.1, [struck(OUTAGES, POSTGRES, 2.2)], "stored at"),
        # Just stored, or held up since before that.
        (9.1, [], ""),
        (10.5, [], ""),
        (1.1, [struck(OUTAGES, POSTGRES, 1)], ""),
        (1.1, [struck(OUTAGES, POSTGRES, 2.1)], ""),
        (1.1, [struck(FREEZES, "worker-2", 1)], ""),
        (1.1, [struck(NETWORK, f"worker-2 to {POSTGRES}", 1)], ""),
    ],
)
def test_what_is_stored_is_not_paid_again(stored: float, strikes: list[Done], said: str) -> None:
    """The first one's worker was killed in flight; the second called at 10, when the answer was stored long since."""
    row = dict(zip(("workflow_id", "slot", "step", "attempt"), STEP, strict=True))
    rows = [{**row, "created_at": at(stored)}, {**row, "slot": 1, "created_at": at(-100)}]
    parts = evidence(lines=[call(0), call(10, worker="worker-2", try_=2)], calls=rows)
    assert told(calls.paid_twice_only_in_flight(parts, [kill("worker-1", 0.5), *strikes]), said)


@pytest.mark.parametrize(
    ("strikes", "count"),
    [
        ([], 0),
        ([kill("worker-1", 0.5)], 1),
        ([kill("worker-1", 0.2), kill("worker-1", 0.8)], 1),
        ([kill("worker-1", 0.5), kill("worker-2", 10.5)], 2),
        ([kill("worker-2", 0.5)], 0),
        ([kill("worker-1", 5)], 0),
        ([kill("worker-1", 0.5, hit=False)], 0),
        ([struck(FREEZES, "worker-1", 0.5)], 0),
        ([struck(CRASHES, "after_answer", 0.5, worker="worker-1")], 0),
    ],
)
def test_calls_that_kills_met(strikes: list[Done], count: int) -> None:
    """Each call counts once, and only for a kill of its own worker."""
    parts = evidence(lines=[call(0), call(10, worker="worker-2", try_=2)])
    assert excuses.in_flight_at_kills(parts, strikes) == count


def test_kills_are_told_by_the_worker_that_died() -> None:
    """Which is not always the one that was aimed at; in order of time."""
    kills = [kill("worker-1", 5), kill("worker-2", 3), kill("worker-1", 1), kill("worker-1", 2, hit=False)]
    assert excuses.kills_of_workers(kills) == {"worker-1": [at(1), at(5)], "worker-2": [at(3)]}
