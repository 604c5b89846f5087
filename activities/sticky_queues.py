"""The queue of a worker's own, in which Temporal lays the next steps of what the worker has in memory.

At a death they would wait there for `STICKY_TIMEOUT`. A worker that leaves tells Temporal to drop the queue, and its
next steps go to whoever lives; this says the same for one that can say nothing any more.
"""

from collections.abc import Set

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import TaskQueueKind
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryReverseRequest, ShutdownWorkerRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

# Events that are read, the newest. Each step of a workflow names its queue, and is followed by a few.
EVENTS = 30


async def sticky_queues_in(client: Client, workflow_id: str, workers: Set[str]) -> dict[str, str]:
    """The sticky queues of those workers, by identity, that the newest run's last events name; RPCError.

    Nothing else tells: the SDK gives the queue a random name, `<identity>-<32 hexadecimal digits>`.
    """
    request = GetWorkflowExecutionHistoryReverseRequest(
        namespace=client.namespace,
        execution=WorkflowExecution(workflow_id=workflow_id),
        maximum_page_size=EVENTS,
    )
    try:
        answer = await client.workflow_service.get_workflow_execution_history_reverse(request)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return {}
        raise
    queues = [event.workflow_task_scheduled_event_attributes.task_queue for event in answer.history.events]
    names = [queue.name for queue in queues if queue.kind == TaskQueueKind.TASK_QUEUE_KIND_STICKY]
    return {identity: name for name in names if (identity := name.rpartition("-")[0]) in workers}


async def drop(client: Client, queue: str, identity: str) -> None:
    """Tell Temporal that nobody takes from the queue any more; RPCError. A server too old for it is let be."""
    request = ShutdownWorkerRequest(
        namespace=client.namespace, sticky_task_queue=queue, identity=identity, reason="the worker died"
    )
    try:
        await client.workflow_service.shutdown_worker(request)
    except RPCError as error:
        if error.status is not RPCStatusCode.UNIMPLEMENTED:
            raise
