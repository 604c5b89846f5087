"""Pause, resume, cancel and start in any order, repeated and at once: every sequence leads to exactly N questions."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.chaos.cluster import Cluster, fresh_cluster
from tests.chaos.one_teacher import OneTeacher
from tests.support.waiting import until_now

QUESTIONS, WINDOW = 8, 2
# The same sequences in every run.
FEW = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=8,
    stateful_step_count=10,
    suppress_health_check=list(HealthCheck),
)
times = st.integers(min_value=1, max_value=4)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """One for all sequences: each has a teacher of its own."""
    environment = {"WORKFLOW_WINDOW": str(WINDOW), "WORKFLOW_MIRROR_DELAY": "0.1"}
    with fresh_cluster(workers=2, latency="0.1-0.3", environment=environment) as running:
        yield running


class Requests(RuleBasedStateMachine):
    """What one teacher may send. Each request goes out several times at once, as from impatient clicks."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__()
        self._teacher = OneTeacher(cluster)
        self._clicks = ThreadPoolExecutor(max_workers=4)
        # After a cancel that was taken the calls in flight are lost: they may be paid for again.
        self._cancels = 0
        self._most_seen = 0

    @initialize(clicks=times)
    def start(self, clicks: int) -> None:
        """However often it is asked for, there is one."""
        (self._teacher.workflow_id,) = self._started(clicks)

    @rule(clicks=times)
    def start_again(self, clicks: int) -> None:
        """The same request is answered with the same generation, whatever became of it."""
        assert self._started(clicks) == {self._teacher.workflow_id}

    @rule(clicks=times)
    def pause(self, clicks: int) -> None:
        """Idempotent."""
        self._send("pause-generation", clicks, {202, 409})

    @rule(clicks=times)
    def resume(self, clicks: int) -> None:
        """400 when there is nothing to resume."""
        self._send("resume-generation", clicks, {202, 400, 409})

    @rule(clicks=times)
    def cancel(self, clicks: int) -> None:
        """Finished questions stay."""
        self._cancels += 202 in self._send("cancel-generation", clicks, {202, 409})

    @rule(order=st.permutations(["pause-generation", "resume-generation", "pause-generation", "resume-generation"]))
    def clicks_of_two_people(self, order: list[str]) -> None:
        """Pauses and resumes at the same moment."""
        answers = list(self._clicks.map(lambda action: self._teacher.post(action, QUESTIONS), order))
        assert {answer.status_code for answer in answers} <= {202, 400, 409}

    @rule(seconds=st.sampled_from([0.1, 0.4, 1.0]))
    def wait(self, seconds: float) -> None:
        """Let it go on."""
        time.sleep(seconds)

    @precondition(lambda self: self._teacher.status()["status"] == "paused")
    @rule()
    def a_pause_is_a_pause(self) -> None:
        """What was in flight ends; then nothing is asked any more."""
        time.sleep(0.5)
        calls = self._teacher.calls()
        time.sleep(0.7)
        assert self._teacher.calls() == calls

    @invariant()
    def nothing_goes_back(self) -> None:
        """The status answers, and its number of questions only grows."""
        if self._teacher.workflow_id:
            completed = self._teacher.completed()
            assert self._most_seen <= completed <= QUESTIONS
            self._most_seen = completed

    def teardown(self) -> None:
        """Whatever was sent: resumed as often as it can be, it ends with exactly its questions."""
        if self._teacher.workflow_id:
            until_now(self._resumed, lambda status: status == "completed", 120)
            assert self._teacher.slots() == list(range(QUESTIONS))
            assert len(self._teacher.paid_twice()) <= self._cancels * WINDOW
        self._clicks.shutdown()
        self._teacher.client.close()

    def _resumed(self) -> object:
        status = self._teacher.status()
        if status["can_resume"]:
            self._send("resume-generation", 1, {202, 400, 409})
            time.sleep(0.5)
        return status["status"]

    def _started(self, clicks: int) -> set[str]:
        answers = list(self._clicks.map(lambda _: self._teacher.post("generate-questions", QUESTIONS), range(clicks)))
        assert {answer.status_code for answer in answers} == {202}, [answer.text for answer in answers]
        return {answer.json()["workflow_id"] for answer in answers}

    def _send(self, action: str, clicks: int, wanted: set[int]) -> set[int]:
        answers = list(self._clicks.map(lambda _: self._teacher.post(action, QUESTIONS), range(clicks)))
        for answer in answers:
            assert answer.status_code in wanted, f"{action}: {answer.status_code} {answer.text}"
        return {answer.status_code for answer in answers}


def test_every_sequence_leads_to_exactly_its_questions(cluster: Cluster) -> None:
    """Found by a state machine; a failure prints the shortest sequence."""
    run_state_machine_as_test(lambda: Requests(cluster), settings=FEW)  # type: ignore[arg-type]  # any factory does
