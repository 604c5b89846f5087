"""Each server goes and comes back with its data: generations wait or go on, and lose and pay for nothing."""

from collections.abc import Iterator

import pytest

from tests.chaos.cluster import API, DEMO_MODEL, POSTGRES, TEMPORAL, Cluster, fresh_cluster
from tests.chaos.one_teacher import OneTeacher
from tests.support.waiting import until_now

QUESTIONS, WINDOW, TIMES = 24, 2, 4
# Without the API a generation goes on: more, so that it is not over with the second outage.
MANY = 50


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """One for all of them: each waits until everything serves again."""
    environment = {"WORKFLOW_WINDOW": str(WINDOW), "WORKFLOW_MIRROR_DELAY": "0.2"}
    with fresh_cluster(workers=2, latency="0.5-1", environment=environment) as running:
        yield running
        # Nobody's supervisor had anything to do: a worker waits for what is away.
        assert [running.processes[name].starts for name in running.workers] == [1, 1]


@pytest.mark.parametrize("part", [POSTGRES, TEMPORAL, API, DEMO_MODEL])
def test_a_part_that_dies_again_and_again(cluster: Cluster, part: str) -> None:
    """Killed as soon as a question was made since the last time, and away for two seconds: again and again."""
    teacher, questions = OneTeacher(cluster), MANY if part == API else QUESTIONS
    teacher.generate(questions)
    for _ in range(TIMES):
        teacher.sees_another()
        cluster.down(part, 2)
        until_now(cluster.processes[part].serves, lambda serves: not serves, 10)
    until_now(teacher.seen, lambda now: now == questions, 90)
    teacher.until("completed")
    assert teacher.slots() == list(range(questions))
    # An answer that was on its way when the model died is paid, and nobody has it.
    assert len(teacher.paid_twice()) <= (TIMES * WINDOW if part == DEMO_MODEL else 0)


def test_postgres_is_away_for_a_minute(cluster: Cluster) -> None:
    """Requests are told when to come again; nobody has to resume anything afterwards."""
    teacher = OneTeacher(cluster)
    teacher.generate(QUESTIONS)
    until_now(teacher.seen, lambda now: now >= 1, 60)
    cluster.down(POSTGRES, 60)
    until_now(cluster.processes[POSTGRES].serves, lambda serves: not serves, 10)
    answer = teacher.look()
    assert answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0
    until_now(cluster.processes[POSTGRES].serves, seconds=90)
    until_now(teacher.seen, lambda now: now == QUESTIONS, 60)
    teacher.until("completed")
    assert teacher.slots() == list(range(QUESTIONS))
    assert teacher.paid_twice() == []
