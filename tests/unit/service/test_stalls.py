"""A standstill is told from its first sign to the work's next one, without a gap."""

from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.enums.v1 import PendingActivityState, TimeoutType
from temporalio.api.failure.v1 import Failure, TimeoutFailureInfo
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionResponse

from service.stalls import BEATS_WITHIN, TAKEN_UP_WITHIN, stall_of
from worker import STICKY_TIMEOUT

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
STARTED = PendingActivityState.PENDING_ACTIVITY_STATE_STARTED
SCHEDULED = PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED
BEAT_MISSED = TimeoutType.TIMEOUT_TYPE_HEARTBEAT


def _ago(time: timedelta) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(NOW - time)
    return stamp


def _pending(*activities: PendingActivityInfo) -> DescribeWorkflowExecutionResponse:
    description = DescribeWorkflowExecutionResponse(pending_activities=activities)
    for activity in description.pending_activities:
        activity.activity_type.name = "question.draft"
    return description


def _running(beat: timedelta) -> PendingActivityInfo:
    return PendingActivityInfo(state=STARTED, attempt=1, last_heartbeat_time=_ago(beat))


def _waiting(since: timedelta, timed_out: int | None = None) -> PendingActivityInfo:
    activity = PendingActivityInfo(
        state=SCHEDULED, attempt=2, scheduled_time=_ago(since), last_heartbeat_time=_ago(BEATS_WITHIN + SECOND)
    )
    if timed_out is not None:
        activity.last_failure.CopyFrom(Failure(timeout_failure_info=TimeoutFailureInfo(timeout_type=timed_out)))  # type: ignore[arg-type]
    return activity


@pytest.mark.parametrize(
    ("activity", "reason"),
    [
        (_running(SECOND), None),
        (_running(BEATS_WITHIN + SECOND), "gone or cut off"),
        (_waiting(SECOND, BEAT_MISSED), "gone or cut off"),  # its time-out is over, and nobody has taken it up yet
        (_waiting(SECOND, TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE), None),
        (_waiting(SECOND), None),
        (_waiting(TAKEN_UP_WITHIN + SECOND), "no worker takes up the work"),
    ],
)
def test_a_step_says_that_nobody_works_on_it(activity: PendingActivityInfo, reason: str | None) -> None:
    """From the missed heartbeats through the time-out to a worker that comes."""
    stall = stall_of(_pending(activity), NOW)
    assert (stall is None) if reason is None else (stall is not None and reason in stall["reason"])


def test_a_task_in_a_dead_workers_queue_is_given_to_all_before_it_is_told() -> None:
    """Else it would be told for a moment, and for as long again not; by clocks that are right to three seconds."""
    assert timedelta(seconds=STICKY_TIMEOUT + 3) <= TAKEN_UP_WITHIN


def test_one_step_that_gets_on_is_no_standstill() -> None:
    """The generation is slower then."""
    assert stall_of(_pending(_running(BEATS_WITHIN + SECOND), _running(SECOND)), NOW) is None
