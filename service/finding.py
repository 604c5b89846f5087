"""What Temporal knows of a generation that the mirror does not: ends that no workflow code could tell."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError, RPCStatusCode

from domain.statuses import Status
from metrics import generations
from service.stalls import Stalled, read_failures, stall_of
from storage.tables import WorkflowState
from storage.workflow_states import WorkflowStateStore
from workflows.messages import STATUS_ATTRIBUTE, WORKFLOW_TYPE

_STATUS = SearchAttributeKey.for_keyword(STATUS_ATTRIBUTE)


class Finding(StrEnum):
    """What `describe()` says of an open row's workflow."""

    OPEN = "open"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    TERMINATED = "terminated"
    FAILED = "failed"
    # Somebody gave the run a time-out; ours have none.
    TIMED_OUT = "timed out"
    # The row was written, the start never arrived: the process died in between.
    NEVER_STARTED = "never started"
    # It ran, and the server no longer knows it.
    LOST = "lost"


_FINDINGS = {
    WorkflowExecutionStatus.COMPLETED: Finding.COMPLETED,
    WorkflowExecutionStatus.CANCELED: Finding.CANCELLED,
    WorkflowExecutionStatus.TERMINATED: Finding.TERMINATED,
    WorkflowExecutionStatus.FAILED: Finding.FAILED,
    WorkflowExecutionStatus.TIMED_OUT: Finding.TIMED_OUT,
}

_REASONS = {
    Finding.CANCELLED: "cancelled",
    Finding.TERMINATED: "terminated by an operator; resume keeps every question",
    Finding.TIMED_OUT: "the run had a time-out, and it is over; resume keeps every question",
    Finding.FAILED: "the workflow failed; see its history in the Web UI",
    Finding.LOST: "the server has lost this generation's history; resume goes on with every question kept",
}


@dataclass(frozen=True, slots=True)
class Look:
    """What Temporal said: the finding, the run it is of, why an open one stands still, and whether it is to end."""

    finding: Finding
    run_id: str | None = None
    stalled: Stalled | None = None
    is_cancelled: bool = False
    # An open run that is paused, and has told so: nothing of it is under way.
    rests: bool = False


def is_cancelled(description: WorkflowExecutionDescription) -> bool:
    """Whether somebody asked an open run to end."""
    return description.raw_description.workflow_extended_info.cancel_requested


async def look(client: Client, row: WorkflowState, *, rpc_timeout: timedelta) -> Look:
    """Ask Temporal; raises RPCError when it does not answer."""
    try:
        description = await client.get_workflow_handle(row.workflow_id).describe(rpc_timeout=rpc_timeout)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        # "Not found" may be the namespace: then it is another server's business. Raises RPCError in that case.
        await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=client.namespace), timeout=rpc_timeout
        )
        return Look(Finding.NEVER_STARTED if row.run_id is None else Finding.LOST)
    run_id = description.run_id
    if row.run_id is None and run_id == row.state_data.get("ended_run"):
        return Look(Finding.NEVER_STARTED)  # the row was reopened, and the new run's start never arrived
    finding = _FINDINGS.get(description.status, Finding.OPEN) if description.status is not None else Finding.OPEN
    if finding is not Finding.OPEN:
        return Look(finding, run_id)
    await read_failures(client, description.raw_description)
    stalled = stall_of(description.raw_description, datetime.now(UTC))
    return Look(finding, run_id, stalled, is_cancelled(description), _rests(description))


def _rests(description: WorkflowExecutionDescription) -> bool:
    raw = description.raw_description
    says = description.typed_search_attributes.get(_STATUS)
    return says == Status.PAUSED and not raw.HasField("pending_workflow_task") and not raw.pending_activities


async def mend(
    states: WorkflowStateStore, row: WorkflowState, finding: Finding, who: Mapping[str, str] | None = None
) -> bool:
    """Close the row as `finding` says, unless it changed since it was read; whether it did.

    `who` is told in the event: who ended it, and what they said. Nothing is done for a finding that is no end.
    """
    unless_changed = row.updated_at
    match finding:
        case Finding.OPEN | Finding.NEVER_STARTED:
            return False
        case Finding.COMPLETED:
            became = await states.mark_completed(row.workflow_id, unless_changed=unless_changed)
            return _counted(became is not None, finding, became or Status.COMPLETED)
        case Finding.CANCELLED:
            status = Status.CANCELLED
        case _:
            status = Status.FAILED
    reason = _REASONS[finding]
    if finding is Finding.TERMINATED and who and who.get("by_reason"):
        reason = f"terminated by an operator ({who['by_reason']}); resume keeps every question"
    closed = await states.mark_failed(row.workflow_id, reason, status, who=who, unless_changed=unless_changed)
    return _counted(closed, finding, status)


def _counted(closed: bool, finding: Finding, status: Status) -> bool:
    """Count a row that was closed: of several that look at once, one closes it."""
    if closed:
        generations.reconciler_found(finding)
        generations.ended(WORKFLOW_TYPE, status)
    return closed
