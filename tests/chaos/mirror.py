"""How soon the mirror is true again after the last fault, while generations go on and when they have ended."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row
from temporalio.client import Client, WorkflowExecution
from temporalio.service import RPCError

from tests.chaos import judge
from tests.chaos.cluster import Cluster
from tests.chaos.evidence import Evidence
from tests.chaos.recovery import percentiles

# Seconds in which it must have the status that Temporal has.
CONVERGED = 10.0
# Seconds in which it must have what the workflow decided. Between the two stands the workflow's own code: a step of it
# that a dead worker held is given up after 5 s (`WORKFLOW_TASK_TIMEOUT`), one that waits for that worker as well
# (`STICKY_TIMEOUT`), a write that hangs too, with 3 to the next; and room for a full machine.
CAUGHT_UP = 30.0
# Of generations that go on, or ended of late: what was so before the last fault is looked at when all is over.
OF_LATE = """
SELECT workflow_id FROM workflow_state
WHERE status IN ('running', 'paused') OR updated_at > now() - interval '1 minute'
"""
ALL = "SELECT workflow_id FROM workflow_state"
ROW = "SELECT workflow_id, status, current_node FROM workflow_state WHERE workflow_id = ANY(%s)"
ASKED_AT_ONCE = 10


@dataclass
class Convergence:
    """Seconds from the last fault until the rows' statuses were true, and until each open one had what was decided."""

    statuses: float
    counts: list[float]
    offences: list[str]

    def figures(self) -> dict[str, Any]:
        """By their names."""
        return {
            "mirror's statuses true again after the last fault, seconds": round(self.statuses, 1),
            "mirror's counts true again, seconds": percentiles(self.counts),
        }


async def says_the_same(client: Client, cluster: Cluster, *, while_runs_close: bool = False) -> tuple[float, list[str]]:
    """Seconds until each row says what Temporal says of its run; and what still does not when there was time for it."""
    began = time.monotonic()
    async with await psycopg.AsyncConnection.connect(cluster.database_url, row_factory=dict_row) as connection:
        found = await connection.execute(OF_LATE if while_runs_close else ALL)
        wanted = [str(row["workflow_id"]) for row in await found.fetchall()]
    while True:
        seen = await _seen(client, cluster, wanted)
        untrue = judge.the_mirror_tells_the_truth(seen, while_runs_close=while_runs_close)
        seconds = time.monotonic() - began
        if seconds > CONVERGED:
            return seconds, untrue or [f"the mirror was true only after {seconds:.0f} s"]
        if not untrue:
            return seconds, []
        wanted = [one.partition(":")[0] for one in untrue]
        await asyncio.sleep(0.2)


async def _seen(client: Client, cluster: Cluster, workflow_ids: Sequence[str]) -> Evidence:
    """What the mirror is compared by: the newest runs, asked for one by one, for a list of them is seconds late."""
    slots = asyncio.Semaphore(ASKED_AT_ONCE)

    async def newest(workflow_id: str) -> WorkflowExecution | None:
        async with slots:
            with contextlib.suppress(RPCError):
                return await client.get_workflow_handle(workflow_id).describe()
            return None

    executions = [one for one in await asyncio.gather(*map(newest, workflow_ids)) if one is not None]
    async with await psycopg.AsyncConnection.connect(cluster.database_url, row_factory=dict_row) as connection:
        states = await (await connection.execute(ROW, [list(workflow_ids)])).fetchall()
    return Evidence([], executions, [], states, [], [], [])
