"""All workers are dead: the API tells where things stand, and that nobody works on them."""

import time
from collections.abc import Callable

from tests.chaos.cluster import Cluster
from tests.chaos.one_teacher import BETWEEN, OneTeacher
from tests.support.waiting import until_now

# Seconds for which nobody is there after it has been told.
DEAD = 30.0


def test_status_is_told_and_says_that_no_worker_is_there(make_cluster: Callable[..., Cluster]) -> None:
    """Every read is a 200 meanwhile, and goes on saying so; with a worker back the generation ends by itself."""
    cluster = make_cluster(workers=2, latency="0.5", environment={"WORKFLOW_WINDOW": "2"})
    teacher = OneTeacher(cluster)
    teacher.fault("stall", match="/5/")  # it does not end before its workers do, however late these are killed
    teacher.generate(6)
    until_now(teacher.completed, lambda completed: completed >= 1, 60)
    for name in cluster.workers:
        cluster.processes[name].end()
    status = until_now(teacher.status, lambda status: status["stalled"] is not None, 60)
    stalled = status["stalled"]
    assert isinstance(stalled, dict) and "worker" in stalled["reason"]
    assert status["status"] == "running"
    over = time.monotonic() + DEAD
    while time.monotonic() < over:
        status = teacher.status()  # a 200, or the test fails
        assert status["status"] == "running" and status["stalled"] is not None, status
        time.sleep(BETWEEN)
    teacher.clear_faults()
    for name in cluster.workers:
        cluster.processes[name].held = False
    teacher.until("completed")
    assert teacher.slots() == list(range(6))
