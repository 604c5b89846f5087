"""Pause, resume, cancel and start in any order, repeated and at once: every sequence leads to exactly N questions."""

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import httpx2
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

from temporal_client import connect
from tests.chaos.cluster import Cluster, fresh_cluster
from tests.chaos.one_teacher import OneTeacher
from tests.support.waiting import until, until_now
from tests.support.world import open_nodes
from workflows.messages import Progress

QUESTIONS, WINDOW = 8, 2
# The same sequences in every run.
FEW = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=12,
    stateful_step_count=10,
    suppress_health_check=list(HealthCheck),
)
# 400 when there is nothing to resume, 409 when it is too late, 503 while a run that has told its end still closes.
MAY_ANSWER = {
    "generate-questions": {202},
    "pause-generation": {202, 409},
    "resume-generation": {202, 400, 409, 503},
    "cancel-generation": {202, 409},
}
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
        self._cluster = cluster
        self._teacher = OneTeacher(cluster)
        self._clicks = ThreadPoolExecutor(max_workers=4)
        # After a cancel that was taken the calls in flight are lost: they may be paid for again.
        self._cancels = 0
        # Whether a pause was the last that was taken. The status tells of it later, and of the one before until then.
        self._paused = False
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
        answers = self._send("pause-generation", clicks)
        self._paused = all(answer.status_code == 202 for answer in answers)

    @rule(clicks=times)
    def resume(self, clicks: int) -> None:
        """As often as one likes."""
        self._send("resume-generation", clicks)

    @rule(clicks=times)
    def cancel(self, clicks: int) -> None:
        """Finished questions stay."""
        self._send("cancel-generation", clicks)

    @rule(actions=st.lists(st.sampled_from(sorted(MAY_ANSWER)), min_size=4, max_size=4))
    def clicks_of_several_people(self, actions: list[str]) -> None:
        """Whatever they want, at the same moment."""
        for action, answer in zip(actions, self._clicks.map(self._post, actions), strict=True):
            self._note(action, answer)

    @rule(seconds=st.sampled_from([0.1, 0.4, 1.0]))
    def wait(self, seconds: float) -> None:
        """Let it go on."""
        time.sleep(seconds)

    @precondition(lambda self: self._paused)
    @rule()
    def a_pause_is_a_pause(self) -> None:
        """What was in flight ends; then nothing is asked any more, unless the pause came too late."""
        if asyncio.run(self._at_rest()) == "paused":
            rested = datetime.now(UTC)
            time.sleep(0.7)
            assert [line for line in self._teacher.lines() if line.began > rested] == []

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

    async def _at_rest(self) -> str:
        """The status, once Temporal has told the run of every request and none of its model calls is open."""
        client = await connect(self._cluster.settings())
        handle = client.get_workflow_handle(self._teacher.workflow_id)

        async def status() -> str:
            progress: Progress = await handle.query("progress", result_type=Progress)
            return progress.status

        seen = await until(status, lambda seen: seen != "running")
        await until(lambda: open_nodes(handle), lambda count: count == 0)
        return seen

    def _resumed(self) -> object:
        status = self._teacher.status()
        if status["can_resume"]:
            self._send("resume-generation", 1)
            time.sleep(0.5)
        return status["status"]

    def _started(self, clicks: int) -> set[str]:
        return {answer.json()["workflow_id"] for answer in self._send("generate-questions", clicks)}

    def _send(self, action: str, clicks: int) -> list[httpx2.Response]:
        answers = list(self._clicks.map(self._post, [action] * clicks))
        for answer in answers:
            self._note(action, answer)
        return answers

    def _post(self, action: str) -> httpx2.Response:
        return self._teacher.post(action, QUESTIONS)

    def _note(self, action: str, answer: httpx2.Response) -> None:
        assert answer.status_code in MAY_ANSWER[action], f"{action}: {answer.status_code} {answer.text}"
        # Another start is none.
        self._paused &= action == "generate-questions"
        self._cancels += action == "cancel-generation" and answer.status_code == 202


def test_every_sequence_leads_to_exactly_its_questions(cluster: Cluster) -> None:
    """Found by a state machine; a failure prints the shortest sequence."""
    run_state_machine_as_test(lambda: Requests(cluster), settings=FEW)  # type: ignore[arg-type]  # any factory does
