"""I7: what begins in a pause, by the ledger's clock or by history's order, is an offence."""

import pytest
from temporalio.client import WorkflowHistory

from embedded.postgres import NAME as POSTGRES
from tests.chaos import judge, runs
from tests.chaos.cluster import API, DEMO_MODEL, TEMPORAL
from tests.chaos.evidence import CallLine
from tests.chaos.schedule import FREEZES, NETWORK, OUTAGES
from tests.chaos.strikes import Done
from tests.unit.chaos.evidence_of import OTHER_ID, at, call, evidence, generation, history, kill, struck, told


@pytest.mark.parametrize(
    ("line", "strikes", "said"),
    [
        (call(9.9, 15), [], ""),
        (call(11), [], ""),
        (call(20), [], ""),
        (call(25), [], ""),
        (call(15, step=(OTHER_ID, 0, "draft", 1)), [], ""),
        (call(11.1), [], "began at"),
        (call(15), [], "began at"),
        (call(15, outcome="client_gone"), [], "began at"),
        (call(19.9), [], "began at"),
        # Whatever held it up began before the pause, or just then, and met its own worker or a server.
        (call(15), [struck(FREEZES, "worker-1", 9)], ""),
        (call(15), [struck(FREEZES, "worker-1", 11)], ""),
        (call(15), [struck(OUTAGES, POSTGRES, 9)], ""),
        (call(15), [struck(FREEZES, DEMO_MODEL, 9)], ""),
        (call(15), [struck(NETWORK, f"worker-1 to {POSTGRES}", 9)], ""),
        (call(15), [struck(FREEZES, "worker-1", 12)], "began at"),
        (call(15), [struck(FREEZES, "worker-1", -14)], "began at"),
        (call(15), [struck(FREEZES, "worker-1", 9, hit=False)], "began at"),
        (call(15), [struck(FREEZES, "worker-2", 9)], "began at"),
        (call(15), [struck(NETWORK, f"worker-2 to {POSTGRES}", 9)], "began at"),
        (call(15), [struck(OUTAGES, API, 9)], "began at"),
        # Behind its last look no call waits for Temporal.
        *((call(15), [struck(kind, TEMPORAL, 9)], "began at") for kind in (FREEZES, OUTAGES)),
        (call(15), [struck(NETWORK, f"worker-1 to {TEMPORAL}", 9)], "began at"),
        (call(15), [kill("worker-1", 9)], "began at"),
    ],
)
def test_a_pause_is_a_pause(line: CallLine, strikes: list[Done], said: str) -> None:
    """Paused from 10 to 20."""
    paused = generation(pauses=[(at(10), at(20))])
    assert told(
        judge.a_pause_is_a_pause(evidence(lines=[call(5), line, call(30)]), [generation(), paused], strikes), said
    )


def test_a_long_pause_outlasts_what_held_a_call_up() -> None:
    """Frozen at 9 for 8 s, noticed for 15 s more; called long after that."""
    paused = generation(pauses=[(at(10), at(1_000))])
    parts = evidence(lines=[call(900)])
    assert told(judge.a_pause_is_a_pause(parts, [paused], [struck(FREEZES, "worker-1", 9)]), "began at")


def test_every_pause_is_judged() -> None:
    """Also the second one; between them calls are legal."""
    paused = generation(pauses=[(at(10), at(20)), (at(30), at(40))])
    assert told(judge.a_pause_is_a_pause(evidence(lines=[call(25), call(35)]), [paused], []), "paused at")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("question.draft pause", ""),
        ("pause question.draft", "step 2 was scheduled after a pause"),
        ("pause question.revise", "step 2 was scheduled after a pause"),
        ("pause write_snapshot", ""),
        ("pause resume question.draft", ""),
        ("pause pause resume question.draft", ""),
        ("resume question.draft", ""),
        ("resume pause question.draft", "step 3 was scheduled after a pause"),
        ("pause resume pause question.draft resume question.draft", "step 4 was scheduled after a pause"),
        ("cancel question.draft", "step 2 was scheduled after a cancel"),
        ("cancel write_snapshot", ""),
        ("pause cancel question.draft", "step 3 was scheduled after a cancel"),
        # Nothing undoes a cancel.
        ("cancel resume question.draft", "step 3 was scheduled after a cancel"),
        ("cancel pause resume question.draft", "step 4 was scheduled after a cancel"),
        ("continues-running question.draft", ""),
        ("continues-paused question.draft", "step 2 was scheduled after a pause"),
        ("continues-paused resume question.draft", ""),
    ],
)
def test_nothing_is_begun_after_a_stop(words: str, said: str) -> None:
    """In the order of history."""
    assert told(runs.nothing_is_begun_after_a_stop(evidence(histories=[history(*words.split())])), said)


@pytest.mark.parametrize(
    "other", [history("question.draft", workflow_id=OTHER_ID), history("resume", "question.draft")]
)
def test_a_stop_is_of_one_run(other: WorkflowHistory) -> None:
    """Others go on, whether they come before or after."""
    stopped = history("question.draft", "pause")
    for histories in ([stopped, other], [other, stopped]):
        assert runs.nothing_is_begun_after_a_stop(evidence(histories=histories)) == []
