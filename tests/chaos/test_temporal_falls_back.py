"""A power cut: Temporal's database comes back as it was some moments before, PostgreSQL's does not."""

import shutil
from collections.abc import Callable
from pathlib import Path

from tests.chaos.cluster import API, TEMPORAL, Cluster
from tests.chaos.one_teacher import OneTeacher
from tests.support.waiting import until_now

QUESTIONS = 16


def test_what_the_mirror_has_of_a_lost_history_hides_nothing(
    make_cluster: Callable[..., Cluster], tmp_path: Path
) -> None:
    """The generation runs on from there, and every question arrives; none that was paid for is paid for again.

    But those in flight at the power cut, one at a time here.
    """
    environment = {"WORKFLOW_WINDOW": "1", "WORKFLOW_CHECKPOINT_INTERVAL": "1"}
    cluster = make_cluster(workers=1, latency="0.5", environment=environment)
    teacher = OneTeacher(cluster)
    teacher.generate(QUESTIONS)
    until_now(teacher.completed, lambda completed: completed >= 2, 60)
    cluster.processes[TEMPORAL].end()
    earlier = _databases(cluster)
    for file in earlier:
        shutil.copyfile(file, tmp_path / file.name)
    _started(cluster, TEMPORAL)
    until_now(teacher.completed, lambda completed: completed >= 10, 60)

    everything = [*cluster.workers, API, TEMPORAL]
    for name in everything:
        cluster.processes[name].end()
    kept = {line.step for line in teacher.lines() if line.outcome == "answered"}
    for file in _databases(cluster):
        file.unlink()
    for file in earlier:
        shutil.copyfile(tmp_path / file.name, file)
    _started(cluster, *reversed(everything))

    teacher.until("completed")
    assert teacher.slots() == list(range(QUESTIONS))
    assert len(kept) >= 10 and len(teacher.paid_twice()) <= 1


def _databases(cluster: Cluster) -> list[Path]:
    return list(cluster.home.temporal.glob("temporal.db*"))


def _started(cluster: Cluster, *names: str) -> None:
    for name in names:
        one = cluster.processes[name]
        one.held = False
        one.start()
        one.until_ready()
