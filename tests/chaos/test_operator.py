"""What an operator does with the real `temporal` command: the mirror follows, and nothing is lost or paid again."""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime

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
    # A call that stalls is not given up within a test: what goes on does so because of the operator.
    environment = {"WORKFLOW_WINDOW": "2", "WORKFLOW_MIRROR_DELAY": "0.2", "OPENAI_TIMEOUT": "600"}
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
    until_now(teacher.calls, lambda calls: calls >= QUESTIONS, 60)


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


def _reset(teacher: OneTeacher, operator: OperatorCli, share: float) -> None:
    assert asyncio.run(operator.reset(teacher.workflow_id, share))


def _reset_and_follow(cluster: Cluster, teacher: OneTeacher, operator: OperatorCli, share: float) -> None:
    """Reset a closed run, with a model that is well again; the mirror follows and forgets nothing."""
    before = _holder(cluster, teacher)
    teacher.clear_faults()
    _reset(teacher, operator, share)
    until_now(lambda: _holder(cluster, teacher), lambda holder: holder != before, 60)
    assert teacher.completed() >= 4


def _until_closed(teacher: OneTeacher, operator: OperatorCli, status: str) -> None:
    """Wait for the end of the newest run, in the command's words."""
    until_now(lambda: asyncio.run(operator.status(teacher.workflow_id)), lambda now: now == status, 60)


@pytest.mark.parametrize("point", POINTS)
def test_a_completed_generation_is_reset(teacher: OneTeacher, operator: OperatorCli, point: str) -> None:
    """To the start, to an event, to the last one: complete again, without one more call."""
    teacher.generate(QUESTIONS)
    _all_there(teacher)
    calls = teacher.calls()
    _reset(teacher, operator, POINTS[point])
    _until_closed(teacher, operator, "COMPLETED")
    _all_there(teacher)
    assert teacher.calls() == calls


@pytest.mark.parametrize("point", POINTS)
def test_a_running_generation_is_reset(
    cluster: Cluster, teacher: OneTeacher, operator: OperatorCli, point: str
) -> None:
    """The mirror's row passes to the new run, never tells fewer questions, and the rest is written."""
    _half_done(teacher)
    _reset_and_follow(cluster, teacher, operator, POINTS[point])
    _all_there(teacher)


@pytest.mark.parametrize("point", POINTS)
def test_a_terminated_generation_is_reset(
    cluster: Cluster, teacher: OneTeacher, operator: OperatorCli, point: str
) -> None:
    """The row that said `failed` passes to the new run, which has every question and writes the rest."""
    _half_done(teacher)
    assert asyncio.run(operator.terminate(teacher.workflow_id))
    teacher.until("failed", 60)
    _reset_and_follow(cluster, teacher, operator, POINTS[point])
    _all_there(teacher)


@pytest.mark.parametrize("point", ["the start", "the middle"])
def test_a_cancelled_generation_is_reset(
    cluster: Cluster, teacher: OneTeacher, operator: OperatorCli, point: str
) -> None:
    """To before the cancel: the row passes to the new run, which has every question and writes the rest."""
    _half_done(teacher)
    teacher.cancel()
    teacher.until("cancelled", 60)
    _reset_and_follow(cluster, teacher, operator, POINTS[point])
    _all_there(teacher)


def test_a_cancelled_generation_that_is_reset_to_its_end_stays_cancelled(
    teacher: OneTeacher, operator: OperatorCli
) -> None:
    """Both say so, as before; a resume completes it."""
    _half_done(teacher)
    teacher.cancel()
    teacher.until("cancelled", 60)
    teacher.clear_faults()
    _reset(teacher, operator, POINTS["the end"])
    _until_closed(teacher, operator, "CANCELED")
    assert (teacher.status()["status"], teacher.completed(), teacher.slots()) == ("cancelled", 4, [0, 1, 2, 3])
    teacher.resume()
    _all_there(teacher)


@pytest.mark.parametrize("point", POINTS)
def test_a_failed_generation_is_reset(teacher: OneTeacher, operator: OperatorCli, point: str) -> None:
    """It finds the answers that were no good, and fails with them again, without a call; a resume asks anew."""
    teacher.fault("refusal", match="^[^/]+/1/")
    teacher.generate(QUESTIONS)
    failed, calls = teacher.until("failed", 60), teacher.calls()
    assert str(failed["error"]).startswith(f"wrote {QUESTIONS - 1} of {QUESTIONS} questions")
    teacher.clear_faults()
    _reset(teacher, operator, POINTS[point])
    _until_closed(teacher, operator, "FAILED")
    again = teacher.until("failed", 60)
    assert (again["error"], again["can_resume"], teacher.slots()) == (failed["error"], True, [0, 2, 3, 4, 5])
    assert teacher.calls() == calls
    teacher.resume()
    _all_there(teacher)
    assert {line.step[1] for line in teacher.lines()[calls:]} == {1}


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
    teacher.clear_faults()
    since = datetime.now(UTC)
    time.sleep(3)  # a call takes a tenth of a second
    assert [line for line in teacher.lines() if line.began > since] == []
    assert teacher.paid_twice() == []


def test_a_stalling_step_is_reset(teacher: OneTeacher, operator: OperatorCli) -> None:
    """Its tries begin anew at once, without waiting for the time-out of the call that says nothing."""
    _half_done(teacher)
    teacher.clear_faults()
    # Both calls stall. What is begun meanwhile has a later number: the second first, and then the first.
    for share in (0.5, 0.0):
        assert asyncio.run(operator.reset_activity(teacher.workflow_id, share))
    _all_there(teacher)
