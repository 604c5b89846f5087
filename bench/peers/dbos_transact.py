"""DBOS Transact: a workflow a generation, which enqueues a child workflow a slot; the nodes of its graph are steps.

After a crash `DBOS.launch` takes up every workflow of this executor and version that was under way. Both are named
here: the version would otherwise be a hash of the source, and what another version began is not taken up.
"""

import asyncio
from functools import partial
from typing import Any

from dbos import DBOS, DBOSConfig, Queue, SetWorkflowID, WorkflowHandleAsync

from bench.peers.generation import Generation, read
from bench.peers.work import Work
from workflows.messages import AnswerUpdate, DraftInput, QuestionState, ReviseInput
from workflows.question_graph import RECURSION_LIMIT, build_question_graph

# Seconds between two looks at the queue, and at a result: a tenth of DBOS's own second, so that little time is lost.
LOOK = 0.1
# DBOS's own limit is 100, after which a workflow is set aside; a longer run of kills than ours would meet it.
RECOVERIES = 10_000
SLOTS = "slots"
_generations: dict[str, Generation] = {}


@DBOS.step(retries_allowed=True, max_attempts=5)
async def draft(generation: str, state: DraftInput) -> AnswerUpdate:
    """One call of the model."""
    return await _generations[generation].draft(state)


@DBOS.step(retries_allowed=True, max_attempts=5)
async def revise(generation: str, state: ReviseInput) -> AnswerUpdate:
    """One call of the model."""
    return await _generations[generation].revise(state)


# The next two call nobody. They depend on other workflows, and a step gives again what it gave before a kill.


@DBOS.step()
async def check(generation: str, state: QuestionState) -> dict[str, Any]:
    """One check."""
    return await _generations[generation].check(state)


@DBOS.step()
async def hand_on(generation: str, chunk: int, tried: set[int]) -> int | None:
    """One change of chunk."""
    return await _generations[generation].hand_on(chunk, tried)


@DBOS.workflow(max_recovery_attempts=RECOVERIES)
async def question(generation: str, slot: int) -> int:
    """One slot. LangGraph runs the graph without a checkpointer: what the nodes gave is recorded by their steps."""
    nodes = partial(draft, generation), partial(revise, generation), partial(check, generation)
    graph = build_question_graph(*nodes).compile()

    async def ask(state: QuestionState) -> Any:
        return await graph.ainvoke(state, {"recursion_limit": RECURSION_LIMIT})

    return await _generations[generation].write(slot, ask, partial(hand_on, generation))


@DBOS.workflow(max_recovery_attempts=RECOVERIES)
async def write(generation: str, count: int) -> list[int]:
    """One generation. The children's ids follow from this one's, so that a second run finds those of the first."""
    slots = await DBOS.retrieve_queue_async(SLOTS)
    assert slots is not None  # noqa: S101 - registered below
    handles = [await slots.enqueue_async(question, generation, slot) for slot in range(count)]
    return sorted([await handle.get_result(polling_interval_sec=LOOK) for handle in handles])


def prepare(database_url: str) -> None:
    """Make its tables, once and before the clock runs, as for all."""
    DBOS.migrate(database_url)


async def _main() -> None:
    work = Work.asked()
    # Before the launch, which goes on at once. Steps are functions of a module, and find what they need there.
    _generations.update(await read(work))
    DBOS(config=_config(work))
    DBOS.launch()
    await _queue(work)
    handles = [await _started(generation, work.questions) for generation in work.generations]
    results = [await handle.get_result(polling_interval_sec=LOOK) for handle in handles]
    work.tell(dict(zip(work.generations, results, strict=True)))
    DBOS.destroy()


def _config(work: Work) -> DBOSConfig:
    return {
        "name": "peer",
        "system_database_url": work.database_url,
        "application_version": "1",
        "executor_id": "local",
        "run_migrations": False,
        "log_level": "WARNING",
    }


async def _queue(work: Work) -> Queue:
    # As many at once as the others have: a window for each generation.
    at_once = work.window * len(work.generations)
    return await DBOS.register_queue_async(SLOTS, worker_concurrency=at_once, polling_interval_sec=LOOK)


async def _started(generation: str, count: int) -> WorkflowHandleAsync[list[int]]:
    with SetWorkflowID(generation):  # the same id is the same workflow, however often it is started
        return await DBOS.start_workflow_async(write, generation, count)


if __name__ == "__main__":
    asyncio.run(_main())
