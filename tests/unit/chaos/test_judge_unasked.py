"""I1 and I5: what a run does that nobody asked for, and what the log has that no run told, is an offence."""

from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory

from activities.mirror import ORPHANED
from domain.statuses import Status
from tests.chaos import unasked
from tests.replay.replaying import NAMES, stored, taking
from tests.unit.chaos.evidence_of import ID, OTHER_ID, evidence, history, run, snapshot, state, told

CANCELLED: dict[str, Any] = {"status": Status.CANCELLED}
OUTSIDE = snapshot(0, 0, run_id="outside-1", **CANCELLED, reason="cancelled")
ORPHAN = snapshot(1, 0, **CANCELLED, reason=ORPHANED)
OF_HISTORIES = (unasked.nothing_is_cancelled_unasked, unasked.nothing_pauses_unasked, unasked.no_status_is_set_unasked)


@pytest.mark.parametrize("name", NAMES)
def test_real_histories_are_as_they_were_asked(name: str) -> None:
    """Those of each version, whichever turns they took; of what was paused for trouble the signals are not all."""
    parts = evidence(histories=[stored(name)])
    assert unasked.nothing_is_cancelled_unasked(parts) == unasked.nothing_pauses_unasked(parts) == []


@pytest.mark.parametrize(
    ("turn", "dropped", "said"),
    [
        ("cancelled", EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED, [2, 0, 0]),
        ("paused", EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED, [0, 2, 1]),
        ("paused", EventType.EVENT_TYPE_UNSPECIFIED, [0, 0, 0]),
    ],
)
def test_a_real_history_without_what_was_asked(turn: str, dropped: EventType.ValueType, said: list[int]) -> None:
    """It told and ended cancelled; it told a pause and that it goes on, and set the one."""
    whole = stored(taking(turn)[0])
    kept = [event for event in whole.events if event.event_type != dropped]
    parts = evidence(histories=[WorkflowHistory(ID, kept)])
    assert [len(tells(parts)) for tells in OF_HISTORIES] == said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("cancel tells-cancelled ends-cancelled", ""),
        ("cancel tells-completed", ""),
        ("tells-running tells-completed", ""),
        ("cancel ends-cancelled", ""),
        ("ends-cancelled", "cancelled at event 1, and nobody asked"),
        ("tells-cancelled cancel ends-cancelled", "cancelled at event 1, and nobody asked"),
        ("pause ends-cancelled", "cancelled at event 2, and nobody asked"),
        ("tells-failed:no_content", ""),
    ],
)
def test_no_run_is_cancelled_unasked(words: str, said: str) -> None:
    """Before it tells it, or ends so."""
    for others in ([], [history("cancel", "ends-cancelled", workflow_id=OTHER_ID)], [history("cancel")]):
        parts = evidence(histories=[*others, history(*words.split())])
        assert told(unasked.nothing_is_cancelled_unasked(parts), said)


@pytest.mark.parametrize(
    ("histories", "parts", "said"),
    [
        ([history("cancel")], {"states": [state(**CANCELLED)], "events": [OUTSIDE]}, ""),
        # In any of its runs: an operator's reset may have gone back to before it.
        ([history("cancel"), history("tells-running")], {"states": [state(**CANCELLED)]}, ""),
        ([history("tells-running")], {"states": [state(status=Status.FAILED)]}, ""),
        ([history("tells-running")], {"states": [state(**CANCELLED)]}, "cancelled as its row says"),
        ([history("tells-running")], {"events": [OUTSIDE]}, "cancelled as its log says"),
        ([history("cancel", workflow_id=OTHER_ID)], {"states": [state(**CANCELLED)]}, "cancelled as its row says"),
        ([], {"states": [state(**CANCELLED)]}, "cancelled as its row says"),
        # The mirror found an orphan, and an operator was quicker than its cancel.
        ([history("tells-running")], {"states": [state(**CANCELLED)], "events": [ORPHAN]}, ""),
    ],
)
def test_no_generation_is_cancelled_unasked(histories: list[WorkflowHistory], parts: dict[str, Any], said: str) -> None:
    """Neither as its row has it nor as whoever closed that from outside says."""
    assert told(unasked.nothing_is_cancelled_unasked(evidence(histories=histories, **parts)), said)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("tells-running pause tells-paused tells-paused resume tells-running tells-completed", ""),
        ("tells-paused", "paused at event 1, and nobody asked"),
        ("tells-running tells-paused resume tells-running", "paused at event 2, and nobody asked"),
        ("pause resume tells-paused", "paused at event 3, and nobody asked"),
        ("pause tells-paused resume tells-running tells-paused", "paused at event 5, and nobody asked"),
        ("pause tells-paused tells-running", "goes on at event 3, and nobody resumed"),
        ("resume pause tells-running", "goes on at event 3, and nobody resumed"),
        ("pause pause resume tells-running", ""),
        # Its last questions were in flight; or what it met ended it.
        ("pause tells-paused tells-completed", ""),
        ("pause tells-paused tells-failed:no_content", ""),
        ("pause cancel tells-cancelled", ""),
        # By itself, and like any other from then on.
        ("tells-paused:quota resume tells-running", ""),
        ("tells-paused:quota pause tells-paused:quota", ""),
        ("tells-paused:quota tells-running", "goes on at event 2, and nobody resumed"),
        ("continues-paused tells-paused", ""),
        ("continues-paused tells-running", "goes on at event 2, and nobody resumed"),
        ("continues-paused resume tells-running", ""),
        ("continues-running tells-paused", "paused at event 2, and nobody asked"),
        # The next one begins as this one says, and tells it.
        ("pause hands-over-paused", ""),
        ("tells-paused:quota hands-over-paused:quota", ""),
        ("continues-paused hands-over-paused", ""),
        ("tells-running hands-over-running", ""),
        ("tells-running hands-over-paused", "paused at event 2, and nobody asked"),
        ("pause hands-over-running", "goes on at event 2, and nobody resumed"),
    ],
)
def test_nothing_pauses_unasked(words: str, said: str) -> None:
    """In the order of history, each run by itself."""
    for others in ([], [history("pause"), history("resume")]):
        assert told(unasked.nothing_pauses_unasked(evidence(histories=[*others, history(*words.split())])), said)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("pause sets-paused resume sets-running sets-completed", ""),
        # In one task both come first, and then both are carried out; what is so already changes nothing.
        ("pause resume sets-paused sets-running", ""),
        ("pause pause resume resume pause sets-paused sets-running sets-paused", ""),
        ("sets-paused", "paused from event 1 on"),
        ("pause sets-paused sets-running", "running from event 3 on"),
        ("pause pause sets-paused resume sets-running sets-paused", "paused from event 6 on"),
        # No snapshot told it, for it was over at once.
        ("tells-running sets-paused sets-running tells-running", "paused from event 2 on"),
        ("resume sets-running", "running from event 2 on"),
        ("continues-paused resume sets-running", ""),
        ("continues-paused pause sets-paused", "paused from event 3 on"),
        ("continues-running pause sets-paused", ""),
        # An end is judged elsewhere, and no signal changes it.
        ("cancel sets-cancelled pause resume", ""),
        ("pause sets-paused sets-completed resume", ""),
    ],
)
def test_no_status_is_set_unasked(words: str, said: str) -> None:
    """As often as it was signalled and no more, in that order; each run by itself."""
    for others in ([], [history("pause"), history("resume")]):
        assert told(unasked.no_status_is_set_unasked(evidence(histories=[*others, history(*words.split())])), said)


FIRST = history("tells-running", "pause", "tells-paused", "tells-paused:quota")


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (snapshot(1, 0), ""),
        (snapshot(3, 0, status="paused"), ""),
        (snapshot(4, 0, status="paused", reason="quota"), ""),
        (snapshot(1, 0, status="paused"), "('paused', None) in the log, ('running', None) in history"),
        (snapshot(3, 0), "('running', None) in the log, ('paused', None) in history"),
        (snapshot(3, 0, status="paused", reason="quota"), "('paused', 'quota') in the log, ('paused', None)"),
        (snapshot(4, 0, status="paused"), "('paused', None) in the log, ('paused', 'quota')"),
        (snapshot(2, 0), "('running', None) in the log, None in history"),
        (snapshot(1, 0, run_id="run-2"), "('running', None) in the log, ('completed', None) in history"),
        (snapshot(1, 0, run_id="run-2", status="completed"), ""),
        # What no run tells, and that a history is not there, is told elsewhere.
        (OUTSIDE, ""),
        (ORPHAN, ""),
        (snapshot(1, 0, run_id="run-3", status="paused"), ""),
    ],
)
def test_the_mirror_says_what_runs_told(event: dict[str, Any], said: str) -> None:
    """Each run for itself: a reset has the same numbers once more."""
    parts = evidence(executions=[run(), run(run_id="run-2")], histories=[FIRST, history("tells-completed")])
    assert unasked.the_mirror_says_what_runs_told(parts) == []
    parts.events = [event]
    assert told(unasked.the_mirror_says_what_runs_told(parts), said)
