"""Each process in turn stops where it stands, as on a machine that swaps: it holds its connections and says nothing."""

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.client import Client

from temporal_client import connect
from tests.chaos.cluster import API, DEMO_MODEL, POSTGRES, TEMPORAL, Cluster, fresh_cluster
from tests.chaos.evidence import Step
from tests.chaos.one_teacher import OneTeacher, asking
from tests.support.waiting import until, until_now
from tests.support.world import NODES, scheduled

QUESTIONS, SOME, FEW, WINDOW = 12, 4, 1, 2
WORKER = "a worker"
# Seconds. A request to the API is given up after 3; a step of a worker after 20 without a beat, a call of the model
# after 60, an answer that cannot be stored after 300: of these nothing is given up, so nothing is paid twice.
SHORT = 6.0


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """One for all of them: each has a generation of its own."""
    environment = {"WORKFLOW_WINDOW": str(WINDOW), "WORKFLOW_MIRROR_DELAY": "0.2"}
    with fresh_cluster(workers=2, latency="0.8-1.2", environment=environment) as running:
        yield running


class Holders:
    """Which worker has which steps of a generation under way, as Temporal sees it."""

    def __init__(self, cluster: Cluster, client: Client, workflow_id: str) -> None:
        self._cluster = cluster
        self._workflow_id = workflow_id
        self._handle = client.get_workflow_handle(workflow_id)

    async def steps(self) -> dict[str, set[Step]]:
        """By the name of the worker."""
        description = (await self._handle.describe()).raw_description
        known = await self._known()
        held = defaultdict[str, set[Step]](set)
        for one in description.pending_activities:
            if one.activity_id in known and one.state == PendingActivityState.PENDING_ACTIVITY_STATE_STARTED:
                held[self._name(one.last_worker_identity)].add(known[one.activity_id])
        return held

    async def _known(self) -> dict[str, Step]:
        """Activity id -> step."""
        known: dict[str, Step] = {}
        for event in scheduled((await self._handle.fetch_history()).events, *NODES):
            attributes = event.activity_task_scheduled_event_attributes
            state = json.loads(attributes.input.payloads[0].data)["args"][0]
            node = attributes.activity_type.name.rpartition(".")[2]
            known[attributes.activity_id] = (self._workflow_id, state["slot"], node, state["attempt"])
        return known

    def _name(self, identity: str) -> str:
        marks = {name: self._cluster.processes[name].mark for name in self._cluster.workers}
        return next((name for name, mark in marks.items() if mark and identity.startswith(f"{mark.pid}@")), "")


def _answers(cluster: Cluster, teacher: OneTeacher) -> dict[Step, tuple[Any, ...]]:
    """What is stored of a generation's steps."""
    with psycopg.connect(cluster.database_url) as connection:
        query = "SELECT slot, step, attempt, raw, created_at FROM model_call WHERE workflow_id = %s"
        return {(teacher.workflow_id, *row[:3]): row[3:] for row in connection.execute(query, [teacher.workflow_id])}


def _assert_complete(teacher: OneTeacher, questions: int) -> None:
    """One generation, its questions exactly, each slot once."""
    until_now(teacher.seen, lambda seen: seen == questions, 120)
    teacher.until("completed")
    assert teacher.generations() == [teacher.workflow_id]
    assert teacher.slots() == list(range(questions))


@pytest.mark.parametrize("name", [WORKER, API, POSTGRES, TEMPORAL, DEMO_MODEL])
async def test_a_freeze_costs_time_and_nothing_else(cluster: Cluster, name: str) -> None:
    """In the middle of a generation: the API serves or says when to come again, and all is written and paid once.

    A start meanwhile, repeated until it is accepted, is one generation too. Only a frozen API answers nobody.
    """
    teacher, other = OneTeacher(cluster), OneTeacher(cluster)
    teacher.generate(SOME)
    until_now(teacher.seen, lambda seen: seen >= 1, 60)
    if name == WORKER:
        holders = Holders(cluster, await connect(cluster.settings()), teacher.workflow_id)
        name = next(iter(await until(holders.steps, seconds=60)))
    frozen = cluster.processes[name]
    starts, silences = frozen.starts, len(cluster.silences)
    requests = [
        (teacher.look, {200}),
        (lambda: teacher.post("generate-questions", SOME), {202}),
        (lambda: other.post("generate-questions", FEW), {202}),
    ]
    # First: a start that was accepted before needs Temporal no more when it is repeated.
    assert cluster.freeze(name, SHORT)
    with asking(*requests, may_break=name == API) as answers:
        until_now(lambda: not frozen.frozen, seconds=60)
    assert answers[503] or name not in (POSTGRES, TEMPORAL), "nobody noticed"
    _assert_complete(teacher, SOME)
    other.insist(FEW)
    _assert_complete(other, FEW)
    assert teacher.paid_twice() + other.paid_twice() == []
    # Temporal's development server may serve nobody after an interrupted write, and is started again for it.
    of_its_own = len(cluster.silences) - silences if name == TEMPORAL else 0
    assert frozen.starts == starts + of_its_own, "it was another process that went on"


async def test_a_worker_that_comes_back_from_the_dead_changes_nothing(cluster: Cluster) -> None:
    """Silent for longer than its heartbeats may be: the other worker has its calls by then, and its answers stand.

    Exactly the questions asked for. Only calls that the ghost had in flight are paid twice: nobody can know whether
    they were answered.
    """
    client = await connect(cluster.settings())
    ghost, living = (cluster.processes[name] for name in cluster.workers)
    living.end()  # so that both calls are the ghost's, and nothing gets on without somebody who takes them over
    teacher, held = OneTeacher(cluster), set[Step]()
    holders = Holders(cluster, client, teacher.generate(QUESTIONS))
    until_now(teacher.seen, lambda seen: seen >= 1, 60)

    async def frozen_at_work() -> bool:
        await until(holders.steps, lambda steps: len(steps[ghost.name]) == WINDOW, 60)
        assert ghost.freeze()
        held.update((await holders.steps())[ghost.name])
        if len(held) < WINDOW:  # it was quicker
            held.clear()
            ghost.thaw()
        return bool(held)

    async def taken_over() -> bool:
        held.update((await holders.steps())[ghost.name])
        return held <= _answers(cluster, teacher).keys()

    with asking((teacher.look, {200})):
        await until(frozen_at_work)
        living.held = False
        await until(taken_over, seconds=180)  # 20 s, and as much again for each task that Temporal gave it meanwhile
        stored = _answers(cluster, teacher)
        ghost.thaw()
    _assert_complete(teacher, QUESTIONS)
    assert set(teacher.paid_twice()) <= held

    # By itself it writes another: what it had to tell too late is told by then.
    living.end()
    alone = OneTeacher(cluster)
    alone.generate(FEW)
    _assert_complete(alone, FEW)
    living.held = False
    assert alone.paid_twice() == []
    assert ghost.starts == 1
    assert stored.items() <= _answers(cluster, teacher).items()
    _assert_complete(teacher, QUESTIONS)
