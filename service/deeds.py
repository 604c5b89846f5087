"""Who did what to a generation, from its history: signals, cancels, terminations and resets, whoever sent them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client

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


@dataclass(frozen=True, slots=True)
class RunDeeds:
    """What was done to one run, oldest first."""

    done: Sequence[Deed] = ()
    # Those that its last snapshot did not tell: they came while the run handed over, and the next one tells them.
    untold: Sequence[Deed] = ()
    # The run that it continues; empty when it is the first.
    continues: str = ""


async def deeds(client: Client, workflow_id: str, run_id: str, *, rpc_timeout: timedelta) -> RunDeeds:
    """What was done to a run; raises RPCError."""
    handle = client.get_workflow_handle(workflow_id, run_id=run_id)
    done, untold, continues = list[Deed](), list[Deed](), ""
    async for event in handle.fetch_history_events(rpc_timeout=rpc_timeout):
        continues = event.workflow_execution_started_event_attributes.continued_execution_run_id or continues
        if event.activity_task_scheduled_event_attributes.activity_type.name == MIRROR:
            untold.clear()
        elif deed := _deed_of(event):
            done.append(deed)
            untold.append(deed)
    return RunDeeds(done, untold, continues)


class Causes:
    """Who brought about a status. `read` is asked for each run at most once, and for the one before only if need be."""

    def __init__(self, read: Callable[[str, str], Awaitable[RunDeeds]]) -> None:
        self._read = read
        self._known: dict[tuple[str, str], RunDeeds] = {}

    async def of(self, workflow_id: str, run_id: str, status: Status, at: datetime) -> Deed | None:
        """The last deed before `at` that leads to a status, in a run or at the end of the one that it continues."""
        run = await self._deeds(workflow_id, run_id)
        cause = _last(run.done, status, at)
        if cause is None and run.continues:
            cause = _last((await self._deeds(workflow_id, run.continues)).untold, status, at)
        return cause

    async def _deeds(self, workflow_id: str, run_id: str) -> RunDeeds:
        run = (workflow_id, run_id)
        if run not in self._known:
            self._known[run] = await self._read(*run)
        return self._known[run]


def _last(done: Sequence[Deed], status: Status, at: datetime) -> Deed | None:
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
