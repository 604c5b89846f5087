"""What Temporal knows of a generation that the mirror does not: ends that no workflow code could tell."""

from datetime import timedelta
from enum import StrEnum

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from domain.statuses import Status
from storage.tables import WorkflowState
from storage.workflow_states import WorkflowStateStore


class Finding(StrEnum):
    """What `describe()` says of an open row's workflow."""

    OPEN = "open"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    TERMINATED = "terminated"
    FAILED = "failed"
    # The row was written, the start never arrived: the process died in between.
    NEVER_STARTED = "never started"
    # It ran, and the server no longer knows it.
    LOST = "lost"


_FINDINGS = {
    WorkflowExecutionStatus.COMPLETED: Finding.COMPLETED,
    WorkflowExecutionStatus.CANCELED: Finding.CANCELLED,
    WorkflowExecutionStatus.TERMINATED: Finding.TERMINATED,
    WorkflowExecutionStatus.FAILED: Finding.FAILED,
    WorkflowExecutionStatus.TIMED_OUT: Finding.FAILED,
}

_REASONS = {
    Finding.CANCELLED: "cancelled",
    Finding.TERMINATED: "terminated by an operator; resume keeps every question",
    Finding.FAILED: "the workflow failed; see its history in the Web UI",
    Finding.LOST: "the server has lost this generation's history; resume goes on with every question kept",
}


async def find(client: Client, row: WorkflowState, *, rpc_timeout: timedelta) -> Finding:
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
        return Finding.NEVER_STARTED if row.run_id is None else Finding.LOST
    if row.run_id is None and description.run_id == row.state_data.get("ended_run"):
        return Finding.NEVER_STARTED  # the row was reopened, and the new run's start never arrived
    status = description.status
    return _FINDINGS.get(status, Finding.OPEN) if status is not None else Finding.OPEN


async def mend(states: WorkflowStateStore, workflow_id: str, finding: Finding) -> None:
    """Close the row as `finding` says; nothing for one that is open."""
    match finding:
        case Finding.OPEN | Finding.NEVER_STARTED:
            return
        case Finding.COMPLETED:
            await states.mark_completed(workflow_id)
        case Finding.CANCELLED:
            await states.mark_failed(workflow_id, _REASONS[finding], Status.CANCELLED)
        case _:
            await states.mark_failed(workflow_id, _REASONS[finding])
