"""Gives Temporal back what dead workers had in flight, so that nobody waits for a heartbeat that cannot come.

Temporal does not see a worker die. The workers on its machine do, by its lock (`activities/in_flight.py`): they fail
its tries in its name, and Temporal's retries hand the work to whoever lives. Where nobody can see it, on another
machine or while Temporal is away, the heartbeat time-out does the same, later.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

import structlog
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from activities.in_flight import InFlight, left_behind, workers_of

# Seconds between two looks; a look is a system call for each worker of the machine.
LOOK_EVERY = 1.0
RPC_TIMEOUT = timedelta(seconds=5)
# The try has ended, or belongs to another server.
OVER = {RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT, RPCStatusCode.FAILED_PRECONDITION}
WORKER_DIED = "WorkerDied"

log = structlog.get_logger()


@asynccontextmanager
async def among_workers(client: Client, parent: Path) -> AsyncIterator[InFlight | None]:
    """Be one of the workers of this machine, and hand back what others leave behind; None where that cannot be done."""
    try:
        in_flight = InFlight(parent)
    except OSError as error:
        log.warning("workers here do not see each other die, only heartbeats tell", error=str(error))
        yield None
        return
    handing_back = asyncio.create_task(_keep_handing_back(client, parent))
    try:
        yield in_flight
    finally:
        handing_back.cancel()
        with suppress(asyncio.CancelledError):
            await handing_back
        in_flight.close()


async def _keep_handing_back(client: Client, parent: Path) -> None:
    while True:
        try:
            await hand_back(client, parent)
        except (RPCError, OSError) as error:
            # Heartbeats end these tries in any case; the next look may still be sooner.
            log.warning("calls of a dead worker could not be handed back", error=str(error))
        await asyncio.sleep(LOOK_EVERY)


async def hand_back(client: Client, parent: Path) -> int:
    """Fail what dead workers had in flight; returns how many tries that ended. RPCError when Temporal is away."""
    ended = 0
    for folder in workers_of(parent):
        with left_behind(folder) as tokens:
            if tokens is None:
                continue
            failed = sum(await asyncio.gather(*(_fail(client, token) for token in tokens)))
            log.info("worker died, its calls are handed back", worker=folder.name, calls=failed)
            ended += failed
    return ended


async def _fail(client: Client, token: bytes) -> bool:
    """Whether the try was still under way."""
    died = ApplicationError("the worker that ran it died", type=WORKER_DIED)
    try:
        await client.get_async_activity_handle(task_token=token).fail(died, rpc_timeout=RPC_TIMEOUT)
    except RPCError as error:
        if error.status in OVER:
            return False
        raise
    return True
