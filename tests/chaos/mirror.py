"""How soon the mirror is true again after the last fault, while generations go on and when they have ended."""

import asyncio
import contextlib
import time

import psycopg
from temporalio.client import Client, WorkflowQueryFailedError
from temporalio.service import RPCError

from tests.chaos import judge
from tests.chaos.cluster import Cluster
from tests.chaos.evidence import Evidence
from workflows.messages import Progress

# Seconds in which it must have the status that Temporal has.
CONVERGED = 10.0
# Seconds in which it must have the count that the workflow has. Between the two stands the workflow's own code: a step
# of it that a dead worker held is given up after 5 s (`WORKFLOW_TASK_TIMEOUT`), one that waits for that worker as well
# (`STICKY_TIMEOUT`), a write that hangs too, with 3 to the next; and room for a full machine.
CAUGHT_UP = 30.0
# Seconds in which a workflow must be able to tell where it stands. Its own steps have a time-out of 5, growing to 15.
ANSWERED = 60.0
ROW = "SELECT status, completed_steps FROM workflow_state WHERE workflow_id = %s"


async def catches_up(client: Client, cluster: Cluster) -> tuple[list[float], list[str]]:
    """For each open generation: seconds until the row has what the workflow itself tells; and what took too long.

    From now on: in it is the time that the workflow needs to tell anything, when a step of its own died.
    """
    began = time.monotonic()
    running = [execution.id async for execution in client.list_workflows("ExecutionStatus = 'Running'")]
    outcomes = await asyncio.gather(*(_of_generation(client, cluster, workflow_id, began) for workflow_id in running))
    return [seconds for seconds, _ in outcomes], [offence for _, offence in outcomes if offence]


async def _of_generation(client: Client, cluster: Cluster, workflow_id: str, began: float) -> tuple[float, str]:
    told = await _told(client, workflow_id)
    if told is None:
        return time.monotonic() - began, f"{workflow_id}: the workflow tells nothing for {ANSWERED:.0f} s"
    async with await psycopg.AsyncConnection.connect(cluster.database_url, autocommit=True) as connection:
        while True:
            row = await (await connection.execute(ROW, [workflow_id])).fetchone()
            seconds = time.monotonic() - began
            verdict = verdict_on(row, told, seconds)
            if verdict is not None:
                return seconds, verdict and f"{workflow_id}: {verdict}"
            if row is not None and row[0] != told.status:
                told = await _told(client, workflow_id) or told  # a teacher may have acted meanwhile
            await asyncio.sleep(0.1)


def verdict_on(row: tuple[str, int] | None, told: Progress, seconds: float) -> str | None:
    """What stands against a row (status, count) that was read so many seconds after the last fault.

    Nothing when it has what the workflow told, in time; None when it does not, and there is time.
    """
    if seconds > CAUGHT_UP:
        return f"{row} in the mirror after {seconds:.0f} s, {told.status} with {told.completed} in the workflow"
    return "" if row is not None and row[1] >= told.completed and row[0] == told.status else None


async def _told(client: Client, workflow_id: str) -> Progress | None:
    """What the workflow says; None when it cannot. A step of it that a dead worker held must time out first."""
    deadline = time.monotonic() + ANSWERED
    while time.monotonic() < deadline:
        with contextlib.suppress(RPCError, WorkflowQueryFailedError):
            progress: Progress = await client.get_workflow_handle(workflow_id).query("progress", result_type=Progress)
            return progress
        await asyncio.sleep(0.5)
    return None


async def says_the_same(client: Client, cluster: Cluster, *, while_runs_close: bool = False) -> tuple[float, list[str]]:
    """Seconds until each row says what Temporal says of its run; and what still does not when there was time for it."""
    began = time.monotonic()
    while True:
        untrue = judge.the_mirror_tells_the_truth(await _states(client, cluster), while_runs_close=while_runs_close)
        seconds = time.monotonic() - began
        if seconds > CONVERGED:
            return seconds, untrue or [f"the mirror was true only after {seconds:.0f} s"]
        if not untrue:
            return seconds, []
        await asyncio.sleep(0.2)


async def _states(client: Client, cluster: Cluster) -> Evidence:
    """Only what the mirror is compared by."""
    executions = [execution async for execution in client.list_workflows()]
    with psycopg.connect(cluster.database_url, row_factory=psycopg.rows.dict_row) as connection:
        states = connection.execute("SELECT workflow_id, status FROM workflow_state").fetchall()
    # The list is seconds late on a full machine.
    listed = {execution.id for execution in executions}
    for row in states:
        if row["workflow_id"] not in listed:
            with contextlib.suppress(RPCError):
                executions.append(await client.get_workflow_handle(row["workflow_id"]).describe())
    return Evidence([], executions, [], states, [], [], [])
