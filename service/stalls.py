"""Why a generation that is `running` stands still, from what Temporal says of its pending work."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.enums.v1 import PendingActivityState, PendingWorkflowTaskState, TimeoutType
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionResponse
from temporalio.client import Client
from temporalio.exceptions import FailureError

from workflows.messages import MIRROR

# A worker takes work up within milliseconds, one that is busy within a second or two, and what lies in a dead worker's
# queue goes to all after five (`STICKY_TIMEOUT`), as a new task with a time of its own: told sooner, it would be untold
# then. The rest is what the clocks of API and Temporal may differ by (decision 0025): a description does not say when
# it was made.
TAKEN_UP_WITHIN = timedelta(seconds=8)
# Workers beat every 5 s while they wait for the model.
BEATS_WITHIN = timedelta(seconds=15)
# The first failures of a step are retried within seconds, and are nobody's concern.
FAILED_OFTEN = 3
# Provider outages are told as waiting, with their own reason.
_TOLD_OTHERWISE = {"ProviderUnavailable"}

Stalled = Mapping[str, Any]


async def read_failures(client: Client, description: DescribeWorkflowExecutionResponse) -> None:
    """Put the words of encrypted failures back where `stall_of` reads them; those it cannot read say why."""
    for activity in description.pending_activities:
        failure = activity.last_failure
        if failure.HasField("encoded_attributes"):
            try:
                told = await client.data_converter.decode_failure(failure)
            # The reason of a standstill must not keep the reconciler from its work.
            except Exception as error:
                failure.message = f"its failure cannot be read here ({error})"
            else:
                failure.message = told.message if isinstance(told, FailureError) else str(told)


def stall_of(description: DescribeWorkflowExecutionResponse, moment: datetime) -> Stalled | None:
    """`reason`, `since` and, for a step that keeps failing, `attempt`; None when it gets on."""
    task = description.pending_workflow_task
    if task.state == PendingWorkflowTaskState.PENDING_WORKFLOW_TASK_STATE_SCHEDULED:
        if task.attempt > FAILED_OFTEN:
            return {
                "reason": "the workflow's own code fails on every worker; deploy a fix and it goes on",
                "since": _time(task.original_scheduled_time).isoformat(),
                "attempt": task.attempt,
            }
        since = _time(task.original_scheduled_time)
        if moment - since > TAKEN_UP_WITHIN:
            return _no_worker(since)
    stalls = [
        (activity.activity_type.name, _of_activity(activity, moment)) for activity in description.pending_activities
    ]
    found = [stall for _, stall in stalls if stall is not None]
    # One question that gets on is enough: the generation is slower, it does not stand still. But without the mirror
    # nobody sees a question, however many there are.
    gets_on = any(stall is None for name, stall in stalls if name != MIRROR)
    if gets_on and not any(stall for name, stall in stalls if name == MIRROR):
        return None
    return min(found, key=lambda stall: str(stall["since"]), default=None)


def _of_activity(activity: PendingActivityInfo, moment: datetime) -> Stalled | None:
    name = activity.activity_type.name
    if activity.attempt > FAILED_OFTEN and activity.HasField("last_failure"):
        failure = activity.last_failure
        if failure.application_failure_info.type in _TOLD_OTHERWISE:
            return None
        return {
            "reason": f"{name} keeps failing: {failure.message}",
            "since": _time(activity.last_started_time).isoformat(),
            "attempt": activity.attempt,
        }
    match activity.state:
        case PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED:
            since = _time(activity.scheduled_time)
            if moment - since > TAKEN_UP_WITHIN:
                return _no_worker(since)
            # That its time-out is over is no sign of life yet.
            if activity.last_failure.timeout_failure_info.timeout_type == TimeoutType.TIMEOUT_TYPE_HEARTBEAT:
                return _gone(name, _time(activity.last_heartbeat_time))
        case PendingActivityState.PENDING_ACTIVITY_STATE_STARTED if activity.HasField("last_heartbeat_time"):
            since = _time(activity.last_heartbeat_time)
            if moment - since > BEATS_WITHIN:
                return _gone(name, since)
    return None


def _gone(name: str, since: datetime) -> Stalled:
    reason = f"the worker that ran {name} is gone or cut off; another takes it over after its time-out"
    return {"reason": reason, "since": since.isoformat()}


def _no_worker(since: datetime) -> Stalled:
    # The same is seen when all workers are of a version that nobody made current.
    reason = "no worker takes up the work; start one (of the current version, if they have versions), and it goes on"
    return {"reason": reason, "since": since.isoformat()}


def _time(stamp: Timestamp) -> datetime:
    return stamp.ToDatetime(UTC)
