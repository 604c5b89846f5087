"""Gives Temporal back what dead workers had in flight, so that nobody waits for a heartbeat that cannot come.

Temporal does not see a worker die. The workers on its machine do, by its lock (`activities/presence.py`): they fail its
tries in its name, and Temporal's retries hand the work to whoever lives. And they have its sticky queue dropped, in
which the next steps of the generations that it had in memory would wait for it (`activities/sticky_queues.py`). Where
nobody can see it, on another machine or while Temporal is away, time-outs do the same, later.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import TypeVar, cast

import structlog
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.api.failure.v1 import Failure
from temporalio.api.workflowservice.v1 import RespondActivityTaskFailedByIdRequest
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from activities.presence import Presence, dead_workers, folder_of_this_machine, forget
from activities.sticky_queues import drop, sticky_queues_in

# Seconds between two looks; a look is a system call for each worker of the machine.
LOOK_EVERY = 1.0
# Seconds for which a dead worker is looked after. Temporal may have given it a task at its very end, and lists a
# generation a moment after its start.
LOOKED_AFTER = 2.0
# Generations that are asked about at once.
AT_ONCE = 10
# Seconds for one answer about what runs, the SDK's repetitions included; by itself it gives up after 10 to 30. A worker
# that is cut off from Temporal lets the dead go then, so that another one that is not sees to them.
ANSWER_WITHIN = 2.0
# Seconds from the question what runs to the end of what is done about it. Shorter than any pause between two tries of a
# call (`NODE_RETRY`, `SHORTEST_PAUSE` when the provider asks for one, and `PAUSE`), so that what fails is the try that
# was seen and not a later one. A later try of the mirror's, whose pause is shorter, may be met: it is a snapshot, and
# is written again.
WITHIN = 0.9
# The pause before the next try. A death says nothing of the provider, so it does not grow with the tries, as that of
# `NODE_RETRY` does: a step that is struck again and again is taken up again as soon as one that is struck once.
PAUSE = timedelta(seconds=1)
# It has ended by itself, or its workflow is busy. The others are not to wait for it.
LEFT_TO_THE_NEXT_LOOK = {RPCStatusCode.NOT_FOUND, RPCStatusCode.RESOURCE_EXHAUSTED}
# Histories that are read in a look for the sticky queues of the dead, one after the other.
READ_AT_MOST = 5
STARTED = PendingActivityState.PENDING_ACTIVITY_STATE_STARTED
WORKER_DIED = "WorkerDied"

log = structlog.get_logger()

T = TypeVar("T")


@asynccontextmanager
async def among_workers(client: Client, task_queue: str, folder: Path) -> AsyncIterator[str | None]:
    """Be one of the workers that share the folder, and hand back what dead ones had in flight.

    Gives the identity that Temporal is to know this worker by; None where no file can be locked.
    """
    try:
        folder = folder_of_this_machine(folder)
        presence = Presence(folder)
    except OSError as error:
        log.warning("workers here cannot see each other die: only heartbeats tell", error=str(error))
        yield None
        return
    looking = asyncio.create_task(HandBack(client, task_queue, folder).keep_looking())
    try:
        yield presence.identity
        presence.leave()  # after a drain; anything else is a death, and is told when the process is gone
    finally:
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking


class HandBack:
    """One living worker's care for the dead of its machine."""

    def __init__(self, client: Client, task_queue: str, folder: Path) -> None:
        self._client = client
        self._task_queue = task_queue
        self._folder = folder
        # When each death was seen first, by the monotonic clock.
        self._seen: dict[str, float] = {}
        # Whose sticky queue was seen to.
        self._without_queue: set[str] = set()

    async def keep_looking(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.look()
            # Nothing of it may end a worker that works. The next look is near, and heartbeats end these tries too.
            except Exception as error:
                log.warning("what a dead worker had in flight cannot be handed back yet", error=repr(error))
            await asyncio.sleep(LOOK_EVERY)

    async def look(self) -> None:
        """Fail the tries of the dead, drop their sticky queues, and forget who has had no try for a while.

        RPCError or TimeoutError when Temporal is away.
        """
        with dead_workers(self._folder) as dead:
            if not dead:
                return
            now = time.monotonic()
            self._seen = {identity: self._seen.get(identity, now) for identity in dead}
            running = await self._running()
            tries = await self._end_tries_of(dead, running)
            # Who had calls of a generation likely had it in memory.
            await self._drop_queues_of(dead, dict.fromkeys([*tries.values(), *running]))
            for identity in dead.difference(tries):
                if now - self._seen[identity] >= LOOKED_AFTER:
                    forget(self._folder, identity)

    async def _running(self) -> list[str]:
        query = f"TaskQueue = '{self._task_queue}' AND ExecutionStatus = 'Running'"
        async with asyncio.timeout(ANSWER_WITHIN):
            return [execution.id async for execution in self._client.list_workflows(query)]

    async def _end_tries_of(self, dead: set[str], running: Iterable[str]) -> dict[str, str]:
        """Whose tries were found, with a generation in which one was."""
        workflow_ids = iter(running)

        async def end_tries_in_turn() -> list[tuple[str, str]]:
            # Ends with its first error: who is cut off does not wait for an answer about each generation.
            found = []
            for workflow_id in workflow_ids:
                found += [(identity, workflow_id) for identity in await self._end_tries_in(workflow_id, dead)]
            return found

        tries = [one for found in await _all(end_tries_in_turn() for _ in range(AT_ONCE)) for one in found]
        whose = dict(tries)
        if tries:
            log.info("workers died, what they had in flight is handed back", workers=sorted(whose), tries=len(tries))
        return whose

    async def _end_tries_in(self, workflow_id: str, dead: set[str]) -> list[str]:
        deadline = time.monotonic() + WITHIN
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                description = (await self._client.get_workflow_handle(workflow_id).describe()).raw_description
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return []
            raise
        execution = description.workflow_execution_info.execution
        theirs = [
            activity
            for activity in description.pending_activities
            if activity.state == STARTED and activity.last_worker_identity in dead
        ]
        await _all(self._end_try(execution, activity.activity_id, deadline) for activity in theirs)
        return [activity.last_worker_identity for activity in theirs]

    async def _drop_queues_of(self, dead: set[str], running: Iterable[str]) -> None:
        """Once for each death. A queue that none of the first generations names costs `STICKY_TIMEOUT`, and no care."""
        left = dead - self._without_queue
        # What has no answer is tried again as long as the dead are looked after.
        with suppress(RPCError, TimeoutError):
            async with asyncio.timeout(ANSWER_WITHIN):
                for workflow_id in islice(running, READ_AT_MOST):
                    if not left:
                        break
                    for identity, queue in (await sticky_queues_in(self._client, workflow_id, left)).items():
                        await drop(self._client, queue, identity)
                        left.remove(identity)
                left.clear()
        self._without_queue = dead - left

    async def _end_try(self, execution: WorkflowExecution, activity_id: str, deadline: float) -> None:
        failure = Failure()
        died = ApplicationError("the worker that ran it died", type=WORKER_DIED, next_retry_delay=PAUSE)
        await self._client.data_converter.encode_failure(died, failure)
        request = RespondActivityTaskFailedByIdRequest(
            namespace=self._client.namespace,
            workflow_id=execution.workflow_id,
            run_id=execution.run_id,
            activity_id=activity_id,
            identity=self._client.identity,
            failure=failure,
        )
        left = deadline - time.monotonic()
        if left <= 0:
            return  # this worker was held up itself; the next look sees what is true then
        try:
            # Not repeated by the SDK: a repeated one could meet a later try.
            await self._client.workflow_service.respond_activity_task_failed_by_id(
                request, retry=False, timeout=timedelta(seconds=left)
            )
        except RPCError as error:
            if error.status not in LEFT_TO_THE_NEXT_LOOK:
                raise


async def _all(works: Iterable[Awaitable[T]]) -> list[T]:
    """All results; raises an error only when all have ended, so that none goes on while another worker looks."""
    results = await asyncio.gather(*works, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return cast("list[T]", results)
