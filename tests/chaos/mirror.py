"""How soon the mirror is true again after the last fault, while generations go on and when they have ended."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row
from temporalio.client import Client, WorkflowQueryFailedError
from temporalio.service import RPCError

from domain.statuses import Status
from tests.chaos import judge
from tests.chaos.cluster import Cluster
from tests.chaos.evidence import Evidence
from tests.chaos.recovery import percentiles
from workflows.messages import Progress

# Seconds in which it must have the status that Temporal has.
CONVERGED = 10.0
# Seconds in which it must have the count that the workflow has. Between the two stands the workflow's own code: a step
# of it that a dead worker held is given up after 5 s (`WORKFLOW_TASK_TIMEOUT`), one that waits for that worker as well
# (`STICKY_TIMEOUT`), a write that hangs too, with 3 to the next; and room for a full machine.
CAUGHT_UP = 30.0
ROW = "SELECT status, completed_steps, sequence FROM workflow_state WHERE workflow_id = %s"
# Seconds from the beginning, and the row (status, count, number of its snapshot) that was read then.
Reading = tuple[float, tuple[str, int, int] | None]
# Of two snapshots that land after the last fault the second one was made after it: each waits for the one before.
MADE_SINCE = 2


@dataclass
class Convergence:
    """Seconds from the last fault until the rows' statuses were true, and until each open generation's count was."""

    statuses: float
    counts: list[float]
    offences: list[str]

    def figures(self) -> dict[str, Any]:
        """By their names."""
        return {
            "mirror's statuses true again after the last fault, seconds": round(self.statuses, 1),
            "mirror's counts true again, seconds": percentiles(self.counts),
        }


async def converges(client: Client, cluster: Cluster) -> Convergence:
    """Both at once, from now on, when all parts serve again."""
    (statuses, untrue), counts = await asyncio.gather(
        says_the_same(client, cluster, while_runs_close=True), _counts(client, cluster)
    )
    return Convergence(
        statuses,
        [seconds for seconds, _ in counts],
        untrue + [offence for _, offence in counts if offence],
    )


async def _counts(client: Client, cluster: Cluster) -> list[tuple[float, str]]:
    """For each open generation the seconds until its row had what the workflow itself tells, and what is against it."""
    began = time.monotonic()
    running = [execution.id async for execution in client.list_workflows("ExecutionStatus = 'Running'")]
    return await asyncio.gather(*(_count(client, cluster, workflow_id, began) for workflow_id in running))


async def _count(client: Client, cluster: Cluster, workflow_id: str, began: float) -> tuple[float, str]:
    """Its row is read while the workflow is asked, whose answer may wait for a step that died: it may be sooner.

    What is told then is of then: of a generation that goes on the row may have had all of the beginning long before.
    """
    asked, rows = asyncio.create_task(_told(client, workflow_id, began + CAUGHT_UP)), list[Reading]()
    async with await psycopg.AsyncConnection.connect(cluster.database_url, autocommit=True) as connection:
        while True:
            row = await (await connection.execute(ROW, [workflow_id])).fetchone()
            rows.append((time.monotonic() - began, row))
            if asked.done():
                told = asked.result()
                if told is None:
                    return rows[-1][0], f"{workflow_id}: the workflow tells nothing for {CAUGHT_UP:.0f} s"
                verdict = verdict_on(rows, told)
                if verdict is not None:
                    return verdict[0], verdict[1] and f"{workflow_id}: {verdict[1]}"
                if row is not None and row[0] != told.status:  # a teacher may have acted meanwhile
                    asked, rows = asyncio.create_task(_told(client, workflow_id, began + CAUGHT_UP)), []
            await asyncio.sleep(0.1)


def verdict_on(rows: Sequence[Reading], told: Progress) -> tuple[float, str] | None:
    """The seconds until the row had what the workflow told, and what stands against that: nothing when it was in time.

    Or until it had a snapshot that was made after the first reading. None when it has not yet, and there is time.
    """
    first = next((row[2] for _, row in rows if row is not None), 0)
    for seconds, row in rows:
        if seconds > CAUGHT_UP:
            says = f"{told.status} with {told.completed} in the workflow"
            return seconds, f"{row} in the mirror after {seconds:.0f} s, {says}"
        if row is not None and ((row[1] >= told.completed and row[0] == told.status) or row[2] >= first + MADE_SINCE):
            return seconds, ""
    return None


async def _told(client: Client, workflow_id: str, until: float) -> Progress | None:
    """What the workflow says; None when it cannot by then. A step of it that a dead worker held must time out first."""
    handle = client.get_workflow_handle(workflow_id)
    while (left := until - time.monotonic()) > 0:
        with contextlib.suppress(RPCError, WorkflowQueryFailedError):
            progress: Progress = await handle.query(
                "progress", result_type=Progress, rpc_timeout=timedelta(seconds=left)
            )
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
    async with await psycopg.AsyncConnection.connect(cluster.database_url, row_factory=dict_row) as connection:
        states = await (
            await connection.execute("SELECT workflow_id, status, current_node FROM workflow_state")
        ).fetchall()
    # The list is seconds late on a full machine: it may not have the run to which another handed over, or a resume.
    newest = {one.id: one.status for one in sorted(executions, key=lambda one: one.start_time)}
    for row in states:
        if newest.get(row["workflow_id"]) not in judge.AGREES[Status(row["status"])]:
            with contextlib.suppress(RPCError):
                executions.append(await client.get_workflow_handle(row["workflow_id"]).describe())
    return Evidence([], executions, [], states, [], [], [])
