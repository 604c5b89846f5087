"""One worker that keeps two generations in memory writes sixteen at once, round after round: its memory stays flat.

With so small a cache every generation is thrown out and replayed all the time: what leaks with a run shows here.
"""

from collections.abc import Callable
from pathlib import Path

from tests.chaos.cluster import Cluster
from tests.chaos.teachers import Teachers
from tests.support.content import sample_chapter

ROUNDS, AT_ONCE, QUESTIONS = 4, 16, 5
# What a round may add to what the worker held after the first: allocators and caches of libraries fill up.
GROWTH = 1.15


async def test_a_worker_with_a_tiny_cache_does_not_grow(make_cluster: Callable[..., Cluster]) -> None:
    """Every generation completes, in one process, and the last round holds no more memory than the first."""
    environment = {"WORKER_MAX_CACHED_WORKFLOWS": "2", "WORKFLOW_WINDOW": "2"}
    cluster = make_cluster(workers=1, latency="0.1-0.3", environment=environment)
    teachers = Teachers(cluster.api_url, sample_chapter().text, seed=1, capricious=False)
    await teachers.sign_up()
    worker = cluster.processes[cluster.workers[0]]
    assert worker.mark is not None
    held = []
    for _ in range(ROUNDS):
        await teachers.run(AT_ONCE, QUESTIONS, at_once=AT_ONCE)
        held.append(_memory(worker.mark.pid))
    await teachers.close()
    assert [one.status for one in teachers.generations] == ["completed"] * (ROUNDS * AT_ONCE)
    assert worker.starts == 1 and worker.lives
    assert max(held[1:]) < GROWTH * held[0], f"memory after each round, bytes: {held}"


def _memory(pid: int) -> int:
    """Bytes that are the process's own: what it shares with the zygote is not counted."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    return sum(int(fields[name].split()[0]) for name in ("Private_Dirty", "Private_Clean")) * 1024
