"""Gives Temporal back what dead workers had in flight, so that nobody waits for a heartbeat that cannot come.

Temporal does not see a worker die. The workers on its machine do, by its lock (`activities/presence.py`): they fail its
tries in its name, and Temporal's retries hand the work to whoever lives. Where nobody can see it, on another machine or
while Temporal is away, the heartbeat time-out does the same, later.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

import structlog
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.api.failure.v1 import Failure
from temporalio.api.workflowservice.v1 import RespondActivityTaskFailedByIdRequest
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from activities.presence import Presence, dead_workers, forget
from domain.statuses import Status
from workflows.messages import STATUS_ATTRIBUTE

# Seconds between two looks; a look is a system call for each worker of the machine.
LOOK_EVERY = 1.0
# Generations that are asked about at once.
AT_ONCE = 10
# Shorter than the first pause between two tries (`NODE_RETRY`): what fails is the try that was seen, not a later one.
RPC_TIMEOUT = timedelta(seconds=0.9)
STARTED = PendingActivityState.PENDING_ACTIVITY_STATE_STARTED
WORKER_DIED = "WorkerDied"

log = structlog.get_logger()


@asynccontextmanager
async def among_workers(client: Client, task_queue: str, folder: Path) -> AsyncIterator[str | None]:
    """Be one of the workers that share the folder, and hand back what dead ones had in flight.

    Gives the identity that Temporal is to know this worker by; None where no file can be locked.
    """
    try:
        presence = Presence(folder)
    except OSError as error:
        log.warning("workers here cannot see each other die: only heartbeats tell", error=str(error))
        yield None
        return
    handing_back = asyncio.create_task(_keep_handing_back(client, task_queue, folder))
    try:
        yield presence.identity
        presence.leave()  # after a drain; anything else is a death, and is told when the process is gone
    finally:
        handing_back.cancel()
        with suppress(asyncio.CancelledError):
            await handing_back


async def _keep_handing_back(client: Client, task_queue: str, folder: Path) -> None:
    while True:
        try:
            await hand_back(client, task_queue, folder)
        except (RPCError, OSError) as error:
            # Heartbeats end these tries in any case; the next look may still be sooner.
            log.warning("what a dead worker had in flight cannot be handed back yet", error=str(error))
        await asyncio.sleep(LOOK_EVERY)


async def hand_back(client: Client, task_queue: str, folder: Path) -> None:
    """Fail the tries of dead workers. RPCError when Temporal is away."""
    with dead_workers(folder) as dead:
        if not dead:
            return
        query = (
            f"TaskQueue = '{task_queue}' AND ExecutionStatus = 'Running' AND {STATUS_ATTRIBUTE} = '{Status.RUNNING}'"
        )
        running = [execution.id async for execution in client.list_workflows(query)]
        limit = asyncio.Semaphore(AT_ONCE)
        found = await asyncio.gather(*(_of_generation(client, workflow_id, dead, limit) for workflow_id in running))
        tries = [identity for some in found for identity in some]
        log.info("workers died, what they had in flight is handed back", workers=sorted(dead), tries=len(tries))
        # Temporal may have given one of them a task at its very end: whoever had something is looked at again.
        for identity in dead.difference(tries):
            forget(folder, identity)


async def _of_generation(client: Client, workflow_id: str, dead: set[str], limit: asyncio.Semaphore) -> list[str]:
    """Fail what Temporal believes to run on the dead; whose it was."""
    failed = []
    async with limit:
        try:
            description = (await client.get_workflow_handle(workflow_id).describe()).raw_description
            for activity in description.pending_activities:
                if activity.state == STARTED and activity.last_worker_identity in dead:
                    await _fail(client, description.workflow_execution_info.execution, activity.activity_id)
                    failed.append(activity.last_worker_identity)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:  # the generation or the try has ended by itself
                raise
    return failed


async def _fail(client: Client, execution: WorkflowExecution, activity_id: str) -> None:
    failure = Failure()
    died = ApplicationError("the worker that ran it died", type=WORKER_DIED)
    await client.data_converter.encode_failure(died, failure)
    request = RespondActivityTaskFailedByIdRequest(
        namespace=client.namespace,
        workflow_id=execution.workflow_id,
        run_id=execution.run_id,
        activity_id=activity_id,
        identity=client.identity,
        failure=failure,
    )
    # Not repeated: a repeated one could meet a later try.
    await client.workflow_service.respond_activity_task_failed_by_id(request, timeout=RPC_TIMEOUT)
