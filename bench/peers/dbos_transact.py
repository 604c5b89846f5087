"""DBOS Transact: a workflow a generation, which enqueues a child workflow a slot; drafts and checks are steps.

After a crash `DBOS.launch` takes up every workflow of this executor and version that was under way.
"""

import asyncio

from dbos import DBOS, Queue, SetWorkflowID

from bench.peers.work import WINDOW, Work, Writer, check

work = Work.asked()
writer = Writer(work.model_url)
# As many at once as the others have: a window for each generation.
slots = Queue("slots", worker_concurrency=WINDOW * len(work.generations), polling_interval_sec=0.2)
DBOS(
    config={
        "name": "peer",
        "system_database_url": work.database_url,
        "application_version": "1",
        "executor_id": "local",
        "log_level": "ERROR",
        "run_migrations": True,
    }
)


@DBOS.step()
async def draft(generation: str, slot: int) -> str:
    """One call of the model."""
    return await writer.draft(generation, slot)


@DBOS.step()
async def checked(raw: str) -> bool:
    """One check."""
    return check(raw)


@DBOS.workflow()
async def question(generation: str, slot: int) -> int:
    """One slot."""
    raw = await draft(generation, slot)
    return slot if await checked(raw) else -1


@DBOS.workflow()
async def write(generation: str, count: int) -> list[int]:
    """One generation."""
    handles = [await slots.enqueue_async(question, generation, slot) for slot in range(count)]
    return sorted([await handle.get_result() for handle in handles])


async def _main() -> None:
    DBOS.launch()
    handles = []
    for generation in work.generations:
        with SetWorkflowID(generation):  # the same id is the same workflow, however often it is started
            handles.append(await DBOS.start_workflow_async(write, generation, work.questions))
    results = [await handle.get_result() for handle in handles]
    work.tell(dict(zip(work.generations, results, strict=True)))
    DBOS.destroy()


if __name__ == "__main__":
    asyncio.run(_main())
