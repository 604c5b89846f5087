"""I5: how long after a moment a row had what its workflow had decided by then, as histories tell."""

from datetime import UTC, datetime, timedelta

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

from tests.chaos.unasked import questions_of, status_set, telling_of
from tests.chaos.untold import open_at, told_after
from tests.replay.replaying import NAMES, stored, taking

PLAIN = stored(taking("plain")[0])
SECOND, MOMENT = timedelta(seconds=1), timedelta(microseconds=1)


def _seconds(since: datetime, *histories: WorkflowHistory) -> float:
    (seconds,) = told_after(histories or [PLAIN], {PLAIN.workflow_id}, since).values()
    return seconds


def _time(event: HistoryEvent) -> datetime:
    return event.event_time.ToDatetime(tzinfo=UTC)


def _landed(made: HistoryEvent) -> datetime:
    """When the snapshot that this event sends was acknowledged."""
    return next(
        _time(event)
        for event in PLAIN.events
        if event.activity_task_completed_event_attributes.scheduled_event_id == made.event_id
    )


SNAPSHOTS = [event for event in PLAIN.events if telling_of(event)]
(END,) = [event for event in PLAIN.events if status_set(event)]
FIRST = next(event for event in SNAPSHOTS if questions_of(event))


def test_what_is_decided_last_is_waited_for_until_it_has_landed() -> None:
    """The end, by who asks in that moment; whoever asks later waits for less, and after it for nothing."""
    landed = _landed(SNAPSHOTS[-1])
    assert _seconds(_time(END)) == pytest.approx((landed - _time(END)).total_seconds())
    assert _seconds(landed - MOMENT) == pytest.approx(MOMENT.total_seconds())
    assert _seconds(landed) == _seconds(landed + SECOND) == 0


def test_a_question_is_waited_for_from_the_task_that_took_its_answer_in() -> None:
    """Before, nothing is decided and the row has all; from then on until the snapshot that names it has landed."""
    tasks = [_time(event) for event in PLAIN.events if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED]
    waits = [moment for moment in tasks if moment < _landed(FIRST) and _seconds(moment) > 0]
    assert waits and _seconds(waits[0] - MOMENT) == 0
    assert _seconds(waits[0]) == pytest.approx((_landed(FIRST) - waits[0]).total_seconds())


def test_what_never_landed_is_not_waited_for() -> None:
    """It is judged elsewhere; so is a workflow of which there is nothing."""
    cut = WorkflowHistory(
        PLAIN.workflow_id, [event for event in PLAIN.events if event.event_id <= SNAPSHOTS[-1].event_id]
    )
    assert _seconds(_time(END), cut) == 0
    assert told_after([], {"mcq_1"}, _time(END)) == {"mcq_1": 0.0}


def test_what_a_run_leaves_to_the_next_is_waited_for_there() -> None:
    """One that hands over tells no more; its questions are in a snapshot of the other."""
    (first,) = (stored(name) for name in taking("handed_over_first"))
    (second,) = (stored(name) for name in taking("handed_over_second"))
    second = WorkflowHistory(first.workflow_id, list(second.events))
    since = _time(first.events[-1])
    assert told_after([second, first], {first.workflow_id}, since)[first.workflow_id] > 0


def _cancelled(history: WorkflowHistory) -> WorkflowHistory:
    """The same, asked to cancel as soon as it began."""
    cancel = HistoryEvent(event_type=EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED)
    cancel.event_time.CopyFrom(history.events[0].event_time)
    return WorkflowHistory(history.workflow_id, [history.events[0], cancel, *history.events[1:]])


def test_what_a_cancelled_run_leaves_to_the_next_was_not_decided() -> None:
    """It heard of the cancel with the answer, which the next run finds stored."""
    (first,) = (stored(name) for name in taking("handed_over_first"))
    (second,) = (stored(name) for name in taking("handed_over_second"))
    second = WorkflowHistory(first.workflow_id, list(second.events))
    (pause,) = [event for event in first.events if status_set(event)]
    since = _time(pause) - MOMENT
    assert told_after([first, second], {first.workflow_id}, since)[first.workflow_id] > 0
    assert told_after([_cancelled(first), second], {first.workflow_id}, since) == {first.workflow_id: 0.0}


def test_what_a_cancelled_run_tells_itself_is_waited_for() -> None:
    """A cancel that came too late, or behind that answer."""
    assert _seconds(_time(FIRST), _cancelled(PLAIN)) == _seconds(_time(FIRST)) > 0


def test_a_workflow_is_open_from_the_start_of_a_run_to_its_end() -> None:
    """A moment of its own before and after."""
    began, ended = _time(PLAIN.events[0]), _time(PLAIN.events[-1])
    for moment in (began, _time(END), ended - MOMENT):
        assert open_at([PLAIN], moment) == {PLAIN.workflow_id}
    for moment in (began - MOMENT, ended):
        assert open_at([PLAIN], moment) == set()


@pytest.mark.parametrize("name", NAMES)
def test_in_real_histories_all_is_told_at_the_end(name: str) -> None:
    """Whichever turns they take."""
    history = stored(name)
    end = max(_time(event) for event in history.events)
    assert told_after([history], {history.workflow_id}, end) == {history.workflow_id: 0.0}
