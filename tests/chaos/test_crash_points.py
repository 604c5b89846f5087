"""A crash at each exact point of a step: before the call, after the answer, after the commit, before the telling."""

from collections import Counter
from collections.abc import Callable

from tests.chaos.cluster import Cluster
from tests.chaos.evidence import read_ledger
from tests.chaos.one_teacher import OneTeacher
from writing.crash_points import CrashPoint


def test_only_an_answer_that_was_not_stored_is_paid_again(make_cluster: Callable[..., Cluster]) -> None:
    """One step meets all four, one after the other: only the call lost between answer and commit is repeated."""
    cluster = make_cluster(workers=2, latency="0", environment={"WORKFLOW_WINDOW": "1"})
    for point in CrashPoint:
        (cluster.crash_folder / point).touch()
    teacher = OneTeacher(cluster)
    teacher.generate(3)
    teacher.until("completed", seconds=400)
    taken = {file.name.partition(".")[0] for file in cluster.crash_folder.glob("*.*")}
    assert taken == set(CrashPoint), "a point was never reached"
    assert teacher.slots() == [0, 1, 2]
    answered = Counter(line.step for line in read_ledger(cluster.ledger) if line.outcome == "answered")
    assert sorted(answered.values(), reverse=True)[:2] == [2, 1]
    assert sum(one.starts for one in cluster.processes.values() if one.name in cluster.workers) == 2 + len(CrashPoint)
