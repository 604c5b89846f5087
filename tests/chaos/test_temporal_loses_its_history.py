"""The server's database file is gone, as after a lost disk: what is in PostgreSQL is not."""

from collections.abc import Callable

from tests.chaos.cluster import TEMPORAL, Cluster
from tests.chaos.one_teacher import OneTeacher
from tests.support.waiting import until_now


def test_a_lost_history_is_told_and_a_resume_keeps_every_question(make_cluster: Callable[..., Cluster]) -> None:
    """The row says that the history is lost; the resumed run writes what is missing and pays for nothing again."""
    cluster = make_cluster(workers=1, latency="1", environment={"WORKFLOW_WINDOW": "2", "WORKFLOW_MIRROR_DELAY": "0.2"})
    teacher = OneTeacher(cluster)
    teacher.generate(8)
    until_now(teacher.completed, lambda completed: completed >= 3, 60)
    server = cluster.processes[TEMPORAL]
    server.end()
    kept = teacher.slots()
    calls_for = _calls_for(teacher, kept)
    for file in cluster.home.temporal.glob("temporal.db*"):
        file.unlink()
    server.held = False
    server.start()
    server.until_ready()

    lost = teacher.until("failed")
    assert "lost" in str(lost["error"]) and lost["can_resume"]
    teacher.resume()
    teacher.until("completed")
    assert teacher.slots() == list(range(8))
    assert teacher.paid_twice() == []
    assert _calls_for(teacher, kept) == calls_for


def _calls_for(teacher: OneTeacher, slots: list[int]) -> int:
    return sum(line.step[1] in slots for line in teacher.lines())
