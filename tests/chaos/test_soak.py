"""One worker that keeps two generations in memory writes sixteen at once, round after round: its memory stays flat.

With so small a cache every generation is thrown out and replayed all the time: what leaks with a run shows here.
`--soak-rounds` says how many rounds.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos.cluster import Cluster
from tests.chaos.teachers import Teachers
from tests.support.content import sample_chapter

AT_ONCE, QUESTIONS = 16, 5
# What all rounds may add to what the worker held after the first: allocators and caches of libraries fill up. In 14
# rounds it was 4 %; of the four of every run, 7 % would be 180 KB a generation.
GROWTH = 1.07


async def test_a_worker_with_a_tiny_cache_does_not_grow(
    make_cluster: Callable[..., Cluster], pytestconfig: pytest.Config
) -> None:
    """Every generation completes, in one process, and no round holds more memory than the first."""
    rounds: int = pytestconfig.getoption("--soak-rounds")
    environment = {"WORKER_MAX_CACHED_WORKFLOWS": "2", "WORKFLOW_WINDOW": "2"}
    cluster = make_cluster(workers=1, latency="0.1-0.3", environment=environment)
    teachers = Teachers(cluster.api_url, sample_chapter().text, seed=1, capricious=False)
    await teachers.sign_up()
    worker = cluster.processes[cluster.workers[0]]
    assert worker.mark is not None
    held = []
    for _ in range(rounds):
        await teachers.run(AT_ONCE, QUESTIONS, at_once=AT_ONCE)
        held.append(_memory(worker.mark.pid))
    await teachers.close()
    assert [one.status for one in teachers.generations] == ["completed"] * (rounds * AT_ONCE)
    assert teachers.answers.offences == []
    assert worker.starts == 1 and worker.lives
    told = f"memory after each round, MB: {[round(bytes_ / 1e6) for bytes_ in held]}"
    print(told)  # noqa: T201 - with pytest's -s, for a long one
    assert max(held[1:]) < GROWTH * held[0], told


def _memory(pid: int) -> int:
    """Bytes that are the process's own: what it shares with the zygote is not counted."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    return sum(int(fields[name].split()[0]) for name in ("Private_Dirty", "Private_Clean")) * 1024
