"""Workers whose clocks are an hour ahead and an hour behind: what one notes and the other reads misleads neither."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from tests.chaos.cluster import Cluster, fresh_cluster, names_of_workers
from tests.chaos.evidence import Step
from tests.chaos.one_teacher import OneTeacher
from tests.support.waiting import until_now

QUESTIONS, HOUR = 40, 3_600.0
AHEAD, BEHIND = names_of_workers(2)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """One worker's hour ahead and the other's behind are more than the patience with an outage, an hour."""
    environment = {"WORKFLOW_WINDOW": "4", "WORKFLOW_MIRROR_DELAY": "0.2"}
    clocks = {AHEAD: HOUR, BEHIND: -HOUR}
    with fresh_cluster(workers=2, latency="1-1.5", clocks_ahead=clocks, environment=environment) as running:
        yield running


def test_clocks_that_are_wrong_change_nothing(cluster: Cluster) -> None:
    """Through an outage of the provider that both meet, a death of each, a pause and a resume: once paid, none lost.

    An outage is noted by who meets it first. By the workers' own clocks it would be two hours old for the other one,
    who would give it up.
    """
    teacher = OneTeacher(cluster)
    teacher.generate(QUESTIONS)
    until_now(teacher.seen, lambda seen: seen >= 1, 60)
    refused = teacher.calls()
    teacher.fault("overloaded", retry_after=1, times=1_000)
    # Both ways: to who is ahead the one behind noted the outage two hours ago, to who is behind it is yet to come.
    both_ways = {(BEHIND, AHEAD), (AHEAD, BEHIND)}
    until_now(lambda: _handed_over(teacher, refused), lambda ways: ways == both_ways, 60)
    until_now(teacher.status, lambda status: status["waiting"] is not None)
    teacher.clear_faults()
    for worker in (AHEAD, BEHIND):
        teacher.sees_another()
        assert cluster.processes[worker].kill()
    assert teacher.status()["status"] == "running", "nobody gave the provider up"
    teacher.pause()
    teacher.until("paused")
    teacher.resume()
    status = teacher.until("completed")
    now = datetime.now(UTC)
    for moment in ("created_at", "updated_at", "completed_at"):
        assert abs(datetime.fromisoformat(str(status[moment])) - now) < timedelta(seconds=HOUR / 2), moment
    assert teacher.slots() == list(range(QUESTIONS))
    assert len(teacher.paid_twice()) <= 8, "in flight at the two deaths"


def _handed_over(teacher: OneTeacher, after: int) -> set[tuple[str, str]]:
    """(by whom, to whom) of the steps that the outage refused to one worker first and to another next."""
    workers: dict[Step, list[str]] = defaultdict(list)
    for line in teacher.lines()[after:]:
        if line.outcome == "overloaded":
            workers[line.step].append(line.worker)
    return {(first, next_) for of_step in workers.values() for first, next_ in pairwise(of_step) if first != next_}
