"""Who did what to a generation, from its history: signals, cancels, terminations and resets, whoever sent them."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client
from temporalio.service import RPCError

from domain.statuses import Status
from workflows.messages import MIRROR

# The clocks of server and database may differ.
CLOCKS = timedelta(seconds=5)

PAUSE, RESUME, CANCEL, TERMINATE, RESET = "pause", "resume", "cancel", "terminate", "reset"

# What may bring about a status.
_LEADS_TO = {
    Status.PAUSED: {PAUSE},
    Status.RUNNING: {RESUME, RESET},
    Status.CANCELLED: {CANCEL},
    Status.FAILED: {TERMINATE},
}


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that was done to a run from outside."""

    action: str
    identity: str
    reason: str
    at: datetime

    def told(self) -> dict[str, str]:
        """As the log of events keeps it."""
        said = {"by_reason": self.reason} if self.reason else {}
        return {"by": self.identity, "action": self.action, **said}


async def deeds(client: Client, workflow_id: str, run_id: str, *, rpc_timeout: timedelta) -> list[Deed]:
    """What was done to a run and to the one that it continues, oldest first; raises RPCError.

    Of that only what its last snapshot did not tell: it came while the run handed over, and the next one tells it.
    """
    events = await _events(client, workflow_id, run_id, rpc_timeout)
    earlier = events[0].workflow_execution_started_event_attributes.continued_execution_run_id if events else ""
    if earlier:
        with suppress(RPCError):  # its history may be gone already
            events = [*_after_the_last_snapshot(await _events(client, workflow_id, earlier, rpc_timeout)), *events]
    return [deed for deed in map(_deed_of, events) if deed is not None]


async def _events(client: Client, workflow_id: str, run_id: str, rpc_timeout: timedelta) -> list[HistoryEvent]:
    handle = client.get_workflow_handle(workflow_id, run_id=run_id)
    return [event async for event in handle.fetch_history_events(rpc_timeout=rpc_timeout)]


def _after_the_last_snapshot(events: list[HistoryEvent]) -> list[HistoryEvent]:
    told = 0
    for index, event in enumerate(events):
        if event.activity_task_scheduled_event_attributes.activity_type.name == MIRROR:
            told = index + 1
    return events[told:]


def cause_of(status: Status, at: datetime, done: list[Deed]) -> Deed | None:
    """The last deed before `at` that leads to a status."""
    fitting = [deed for deed in done if deed.action in _LEADS_TO.get(status, ()) and deed.at <= at + CLOCKS]
    return fitting[-1] if fitting else None


def _deed_of(event: HistoryEvent) -> Deed | None:
    at = event.event_time.ToDatetime(UTC)
    match event.event_type:
        case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
            signal = event.workflow_execution_signaled_event_attributes
            return Deed(signal.signal_name, signal.identity, "", at)
        case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED:
            cancel = event.workflow_execution_cancel_requested_event_attributes
            return Deed(CANCEL, cancel.identity, cancel.cause, at)
        case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED:
            end = event.workflow_execution_terminated_event_attributes
            return Deed(TERMINATE, end.identity, end.reason, at)
        case EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED:
            failed = event.workflow_task_failed_event_attributes
            if failed.cause == WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW:
                return Deed(RESET, failed.identity, failed.failure.message, at)
    return None
