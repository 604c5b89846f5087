"""The calls that the service makes on Temporal. Each ends within the time-out, if need be by TemporalUnavailable."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from temporalio.client import Client, WorkflowExecutionStatus, WorkflowQueryFailedError
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from service.deeds import RunDeeds, deeds
from service.errors import NotPossible, names_the_namespace, temporal_errors
from service.finding import Look, is_cancelled, look
from service.search_attributes import attributes_of
from storage.tables import WorkflowState
from workflows.messages import WORKFLOW_TASK_TIMEOUT, WORKFLOW_TYPE, Progress
from workflows.state import GenerationInput


@dataclass(frozen=True, slots=True)
class NewestRun:
    """A generation's newest run; without an id when its history has gone."""

    run_id: str | None
    lives: bool = False
    # Somebody asked it to end: it goes by no resume any more.
    is_cancelled: bool = False


class Temporal:
    """One server and task queue. `connect` is awaited at the first need, so that reading works without Temporal."""

    def __init__(self, connect: Callable[[], Awaitable[Client]], task_queue: str, rpc_timeout: timedelta) -> None:
        self._connect = connect
        self._task_queue = task_queue
        self._rpc_timeout = rpc_timeout

    async def start(self, workflow_id: str, start: GenerationInput, *, first: bool) -> None:
        """Start a run; success too when it runs already. A `first` run is not started again after it has ended.

        The id is ours alone, so a workflow that is there already comes from an earlier try whose answer was lost.
        """
        options = start.options
        client = await self.client()
        policy = WorkflowIDReusePolicy.REJECT_DUPLICATE if first else WorkflowIDReusePolicy.ALLOW_DUPLICATE
        async with temporal_errors(self._rpc_timeout):
            with contextlib.suppress(WorkflowAlreadyStartedError):
                await client.start_workflow(
                    WORKFLOW_TYPE,
                    start,
                    id=workflow_id,
                    task_queue=self._task_queue,
                    id_reuse_policy=policy,
                    search_attributes=attributes_of(options),
                    static_summary=f"{options.question_count} questions with {options.model}",
                    task_timeout=WORKFLOW_TASK_TIMEOUT,
                    rpc_timeout=self._rpc_timeout,
                )

    async def signal(self, workflow_id: str, signal: str) -> None:
        """Send a signal; raises NotPossible when no run is open."""
        client = await self.client()
        async with temporal_errors(self._rpc_timeout):
            await client.get_workflow_handle(workflow_id).signal(signal, rpc_timeout=self._rpc_timeout)

    async def cancel(self, workflow_id: str) -> None:
        """Ask the open run to end; raises NotPossible when there is none."""
        client = await self.client()
        async with temporal_errors(self._rpc_timeout):
            await client.get_workflow_handle(workflow_id).cancel(rpc_timeout=self._rpc_timeout)

    async def progress(self, workflow_id: str) -> Progress:
        """What the workflow says of itself; needs a worker. Raises NotPossible when it cannot answer."""
        client = await self.client()
        async with temporal_errors(self._rpc_timeout):
            try:
                answer: Progress = await client.get_workflow_handle(workflow_id).query(
                    "progress", result_type=Progress, rpc_timeout=self._rpc_timeout
                )
            except WorkflowQueryFailedError as error:
                raise NotPossible(f"the workflow cannot answer: {error}") from None
        return answer

    async def look(self, row: WorkflowState) -> Look:
        """What Temporal says of an open row's workflow."""
        client = await self.client()
        async with temporal_errors(self._rpc_timeout):
            return await look(client, row, rpc_timeout=self._rpc_timeout)

    async def deeds(self, workflow_id: str, run_id: str) -> RunDeeds:
        """What was done to a run from outside; nothing when its history is gone."""
        client = await self.client()
        async with temporal_errors(self._rpc_timeout):
            try:
                return await deeds(client, workflow_id, run_id, rpc_timeout=self._rpc_timeout)
            except RPCError as error:
                if error.status is RPCStatusCode.NOT_FOUND and not names_the_namespace(error):
                    return RunDeeds()
                raise

    async def closed_since(self, moment: datetime, limit: int) -> list[str]:
        """Workflow ids whose last runs were closed since a moment, as the server's list of workflows has it."""
        client = await self.client()
        ended = f"CloseTime > '{moment.isoformat()}' AND ExecutionStatus != 'ContinuedAsNew'"
        query = f"WorkflowType = '{WORKFLOW_TYPE}' AND {ended}"
        async with temporal_errors(self._rpc_timeout):
            listed = client.list_workflows(query, limit=limit, rpc_timeout=self._rpc_timeout)
            return [execution.id async for execution in listed]

    async def newest_run(self, workflow_id: str, *, patience: float) -> NewestRun:
        """The newest run, and whether it still lives after `patience` seconds.

        A run tells the mirror a moment before it closes, and until then no other can start.
        """
        client, deadline = await self.client(), asyncio.get_running_loop().time() + patience
        async with temporal_errors(self._rpc_timeout + timedelta(seconds=patience)):
            while True:
                try:
                    description = await client.get_workflow_handle(workflow_id).describe(rpc_timeout=self._rpc_timeout)
                except RPCError as error:
                    if error.status is RPCStatusCode.NOT_FOUND and not names_the_namespace(error):
                        return NewestRun(None)
                    raise
                lives = description.status is WorkflowExecutionStatus.RUNNING
                if not lives or asyncio.get_running_loop().time() > deadline:
                    return NewestRun(description.run_id, lives, is_cancelled(description))
                await asyncio.sleep(0.05)

    async def client(self) -> Client:
        """The client, connected or lazy."""
        async with temporal_errors(self._rpc_timeout):
            return await self._connect()
