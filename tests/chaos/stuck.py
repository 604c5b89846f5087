"""Tells when a campaign stands still, and keeps all that can explain it."""

import asyncio
import contextlib
import time
from pathlib import Path

import psycopg

from tests.chaos.cluster import Cluster
from tests.chaos.teachers import Teachers

# Seconds without a finished question after which a campaign is stuck; longer than every outage and time-out together.
STUCK = 150.0
# Generations of which everything is kept.
MOST = 10


async def until_stuck(teachers: Teachers, cluster: Cluster, progress: list[tuple[float, int]], folder: Path) -> str:
    """Note progress; return when there was none for long, with what can explain it in the folder.

    Calls are no progress: a step that is asked for again and again stands still too.
    """
    began = changed = time.monotonic()
    last = (-1, -1)
    while True:
        done = sum(one.completed for one in teachers.generations)
        ended = sum(one.ended is not None for one in teachers.generations)
        now = time.monotonic()
        progress.append((round(now - began, 1), done))
        if (done, ended) != last:
            last, changed = (done, ended), now
        elif now - changed > STUCK:
            return f"no progress for {STUCK:.0f} s; see {await dump(teachers, cluster, folder)}"
        await asyncio.sleep(1)


async def dump(teachers: Teachers, cluster: Cluster, folder: Path) -> Path:
    """Descriptions, histories, rows, stacks: those of workflows here, those of processes in their logs."""
    target = folder / "stuck"
    target.mkdir(exist_ok=True)
    for workflow_id in teachers.open()[:MOST]:
        for command in ("describe", "show", "stack"):
            process = await asyncio.create_subprocess_exec(
                str(cluster.cli), "workflow", command, "-w", workflow_id, "-o", "json",
                "--address", cluster.temporal_address, "--command-timeout", "10s",
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            )  # fmt: skip
            out, _ = await process.communicate()
            (target / f"{workflow_id}.{command}.json").write_bytes(out)
    with contextlib.suppress(psycopg.Error), psycopg.connect(cluster.database_url) as connection:
        rows = connection.execute("SELECT workflow_id, status, run_id, sequence, state_data::text FROM workflow_state")
        (target / "rows.txt").write_text("\n".join(map(str, rows)))
    (target / "processes.txt").write_text(
        "\n".join(f"{one.name} {one.mark} held={one.held} frozen={one.frozen}" for one in cluster.processes.values())
    )
    cluster.tell_stacks()
    return target
