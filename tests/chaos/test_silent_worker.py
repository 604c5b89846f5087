"""Workers that hold their connections and do nothing, and calls that never end."""

import asyncio
from collections.abc import Callable

import httpx2

from temporal_client import connect
from tests.chaos.cluster import Cluster
from tests.chaos.evidence import read_ledger
from tests.chaos.one_teacher import OneTeacher
from tests.support.waiting import until, until_now
from tests.support.world import beating
from workflows.question_graph import NODE_HEARTBEAT_TIMEOUT

# Longer than any call's heartbeat time-out.
STALL = 60


def test_a_worker_that_stops_polling_makes_the_service_unready(make_cluster: Callable[..., Cluster]) -> None:
    """Its process lives and its connections stand: only its silence tells. Woken up, it goes on as if nothing was."""
    cluster = make_cluster(workers=1, latency="0.5", environment={"WORKFLOW_WINDOW": "1"})
    teacher = OneTeacher(cluster)

    def ready() -> httpx2.Response:
        return teacher.client.get("/readyz")

    until_now(ready, lambda answer: answer.status_code == 200)
    teacher.generate(6)
    until_now(teacher.seen, lambda completed: completed >= 1, 60)
    worker = cluster.processes[cluster.workers[0]]
    assert worker.freeze()

    def told() -> tuple[object, ...]:
        answer = ready()
        return (answer.status_code, *(answer.json()[of] for of in ("database", "temporal", "workers")))

    until_now(told, lambda seen: seen == (503, True, True, 0), 150)
    assert teacher.status()["stalled"] is not None
    worker.thaw()
    until_now(ready, lambda answer: answer.status_code == 200, 30)
    teacher.until("completed")
    assert teacher.slots() == list(range(6))
    assert worker.starts == 1


async def test_a_cancel_hangs_up_on_calls_that_stall(make_cluster: Callable[..., Cluster]) -> None:
    """The model sees its clients go before the heartbeat time-out would have taken the calls away."""
    cluster = await asyncio.to_thread(make_cluster, workers=1, latency=str(STALL), environment={"WORKFLOW_WINDOW": "2"})
    teacher = await asyncio.to_thread(OneTeacher, cluster)
    handle = (await connect(cluster.settings())).get_workflow_handle(teacher.generate(4))

    async def outcomes() -> list[str]:
        return [line.outcome for line in read_ledger(cluster.ledger)]

    await until(lambda: beating(handle), lambda count: count == 2)
    teacher.cancel()
    await until(outcomes, lambda seen: seen == ["client_gone"] * 2, NODE_HEARTBEAT_TIMEOUT.total_seconds())
    teacher.until("cancelled")
