"""What an operator does with the real `temporal` command: the mirror follows, and nothing is lost or paid again."""

import asyncio
from collections.abc import Iterator

import psycopg
import pytest

from tests.chaos.cluster import Cluster, fresh_cluster
from tests.chaos.one_teacher import OneTeacher
from tests.chaos.operator import OperatorCli
from tests.support.waiting import until_now

QUESTIONS = 6
# Shares of the history's workflow tasks.
POINTS = {"the start": 0.0, "the middle": 0.5, "the end": 1.0}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """One for all of them: each has a generation of its own."""
    environment = {"WORKFLOW_WINDOW": "2", "WORKFLOW_MIRROR_DELAY": "0.2"}
    with fresh_cluster(workers=2, latency="0-0.1", environment=environment) as running:
        yield running


@pytest.fixture
def operator(cluster: Cluster) -> OperatorCli:
    """At the cluster's server."""
    return OperatorCli(cluster.cli, cluster.temporal_address)


@pytest.fixture
def teacher(cluster: Cluster) -> Iterator[OneTeacher]:
    """Whose faults are gone after the test."""
    one = OneTeacher(cluster)
    yield one
    one.clear_faults()


def _half_done(teacher: OneTeacher) -> None:
    """A generation whose last two questions wait for a model that says nothing."""
    teacher.fault("stall", match="/[45]/")
    teacher.generate(QUESTIONS)
    until_now(teacher.seen, lambda seen: seen == 4, 60)
    until_now(teacher.calls, lambda calls: calls >= 4, 60)


def _holder(cluster: Cluster, teacher: OneTeacher) -> str:
    """The run that the mirror's row belongs to."""
    with psycopg.connect(cluster.database_url) as connection:
        row = connection.execute(
            "SELECT run_id FROM workflow_state WHERE workflow_id = %s", [teacher.workflow_id]
        ).fetchone()
    assert row is not None
    return str(row[0])


def _all_there(teacher: OneTeacher) -> None:
    assert teacher.until("completed")["error"] is None
    assert teacher.completed() == QUESTIONS
    assert teacher.slots() == list(range(QUESTIONS))
    assert teacher.paid_twice() == []


@pytest.mark.parametrize("point", POINTS)
def test_a_completed_generation_is_reset(teacher: OneTeacher, operator: OperatorCli, point: str) -> None:
    """To the start, to an event, to the last one: complete again, without one more call."""
    teacher.generate(QUESTIONS)
    _all_there(teacher)
    calls = teacher.calls()
    assert asyncio.run(operator.reset(teacher.workflow_id, POINTS[point]))
    until_now(lambda: asyncio.run(operator.status(teacher.workflow_id)), lambda status: status == "COMPLETED", 60)
    _all_there(teacher)
    assert teacher.calls() == calls


@pytest.mark.parametrize("point", POINTS)
def test_a_running_generation_is_reset(
    cluster: Cluster, teacher: OneTeacher, operator: OperatorCli, point: str
) -> None:
    """The mirror's row passes to the new run, never tells fewer questions, and the rest is written."""
    _half_done(teacher)
    before = _holder(cluster, teacher)
    teacher.clear_faults()
    assert asyncio.run(operator.reset(teacher.workflow_id, POINTS[point]))
    until_now(lambda: _holder(cluster, teacher), lambda holder: holder != before, 60)
    assert teacher.completed() >= 4
    _all_there(teacher)


def test_a_terminated_generation_is_resumed(teacher: OneTeacher, operator: OperatorCli) -> None:
    """The status says who ended it and that it can be resumed; a resume completes it."""
    _half_done(teacher)
    assert asyncio.run(operator.terminate(teacher.workflow_id))
    status = teacher.until("failed", 60)
    assert status["can_resume"] and "terminated" in str(status["error"])
    assert teacher.slots() == [0, 1, 2, 3]
    teacher.clear_faults()
    teacher.resume()
    _all_there(teacher)


def test_a_cancelled_generation_keeps_its_questions(teacher: OneTeacher, operator: OperatorCli) -> None:
    """And says so; nothing is asked afterwards."""
    _half_done(teacher)
    assert asyncio.run(operator.cancel(teacher.workflow_id))
    teacher.until("cancelled", 60)
    assert (teacher.completed(), teacher.slots()) == (4, [0, 1, 2, 3])
    assert teacher.paid_twice() == []


def test_a_stalling_step_is_reset(teacher: OneTeacher, operator: OperatorCli) -> None:
    """Its tries begin anew at once, without waiting for the time-out of the call that says nothing."""
    _half_done(teacher)
    teacher.clear_faults()
    for share in (0.0, 1.0):  # both calls stall
        assert asyncio.run(operator.reset_activity(teacher.workflow_id, share))
    _all_there(teacher)
