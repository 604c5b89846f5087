"""SIGKILL to each part in the middle of a generation, and to two at once, costs nothing but time."""

import asyncio
from functools import partial
from operator import ne

from temporalio.client import Client, WorkflowHistory

from embedded.stack import Stack
from settings import Settings
from temporal_client import connect
from tests.e2e.mcq import Mcq
from tests.e2e.witness import answered_twice, calls_after_completion
from tests.support.waiting import until_now
from tests.workflow.history import histories_of

# So many that the last kill, at some twenty, comes in the middle too: after an outage many land at once.
QUESTIONS, WINDOW = 40, 4


def histories(mcq: Mcq, workflow_id: str) -> list[WorkflowHistory]:
    """The history of each run of the finished generation, from the stack as `mcq` left it."""

    async def fetch() -> list[WorkflowHistory]:
        with Stack(Settings(_env_file=None, mcq_home=mcq.home)) as stack:
            client: Client = await connect(Settings(_env_file=None, temporal_address=stack.addresses.temporal_address))
            return list((await histories_of(client, workflow_id)).values())

    return asyncio.run(fetch())


# The last ones two at once: the worker needs the other one to start again.
VICTIMS = (["worker"], ["postgres"], ["temporal"], ["postgres", "worker"], ["temporal", "worker"])


def test_kills_in_the_middle_cost_nothing_but_time(mcq: Mcq) -> None:
    """As many questions as asked for, unique slots; the part is started again; no completed call is made again.

    A call that was in flight at a kill may be made twice: nobody can know whether it was answered.
    """
    mcq.environment["DEMO_MODEL_LATENCY"] = "1"  # slow enough that a busy machine still kills in the middle
    generate = mcq.generate(QUESTIONS, "--window", str(WINDOW))
    for turn, victims in enumerate(VICTIMS):
        mcq.until_questions(3 + 4 * turn)
        assert len(mcq.questions()) < QUESTIONS, "too late: the kill would prove nothing"
        killed = [(victim, mcq.kill(victim)) for victim in victims]
        for victim, pid in killed:
            until_now(partial(mcq.part, victim), partial(ne, pid), seconds=240)
    finished = mcq.finish(generate, seconds=400)

    assert finished.code == 0, finished.err
    summary = finished.json
    assert (summary["status"], summary["completed"]) == ("completed", QUESTIONS)
    assert [question["slot"] for question in mcq.questions()] == list(range(QUESTIONS))
    ledger = mcq.ledger()
    for history in histories(mcq, summary["workflow_id"]):
        assert calls_after_completion(history, ledger) == []
    assert len(answered_twice(ledger)) <= WINDOW * len(VICTIMS)
