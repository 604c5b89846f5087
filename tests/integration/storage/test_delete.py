"""Forgetting a generation."""

import asyncio

import psycopg

from storage.model_calls import ModelCallStore
from storage.tables import Quiz, now
from storage.workflow_states import WorkflowStateStore
from tests.integration.storage.made import LOCK_WAITS, current, make_generation, pay, query, save, snapshot
from tests.support.waiting import until

TABLES = ("workflow_state", "workflow_event", "question", "model_call", "model_wait")


def _counts(database_url: str) -> dict[str, int]:
    return {table: query(database_url, f"SELECT count(*) FROM {table}")[0][0] for table in TABLES}  # noqa: S608


async def _full_generation(states: WorkflowStateStore, calls: ModelCallStore, quiz: Quiz) -> str:
    workflow_id = await make_generation(states, quiz)
    await save(states, workflow_id, 1, questions=await pay(calls, workflow_id, 0, 1))
    await calls.wait_for_provider(workflow_id, 2, "rate limit", now(), now())
    return workflow_id


async def test_everything_goes(
    states: WorkflowStateStore, calls: ModelCallStore, quiz: Quiz, database_url: str
) -> None:
    """Row, log, questions, answers, waits; a second time there is nothing to delete."""
    workflow_id = await _full_generation(states, calls, quiz)
    assert all(_counts(database_url).values())
    assert await states.delete(workflow_id)
    assert not any(_counts(database_url).values())
    assert not await states.delete(workflow_id)


async def test_other_generations_stay(
    states: WorkflowStateStore, calls: ModelCallStore, quiz: Quiz, database_url: str
) -> None:
    """Even of the same quiz."""
    kept = await _full_generation(states, calls, quiz)
    await states.mark_completed(kept)
    before = _counts(database_url)
    await states.delete(await _full_generation(states, calls, quiz))
    assert _counts(database_url) == {**before, "model_wait": 0}


async def test_a_snapshot_under_way_leaves_nothing_behind(
    states: WorkflowStateStore, calls: ModelCallStore, quiz: Quiz, database_url: str
) -> None:
    """A deletion that comes while a snapshot is being written waits for it, and deletes what it wrote."""
    workflow_id = await make_generation(states, quiz)
    named = await pay(calls, workflow_id, 0)
    # The snapshot is held within its transaction: it has the row and waits to write its event.
    with psycopg.connect(database_url) as blocker:
        blocker.execute("LOCK TABLE workflow_event IN EXCLUSIVE MODE")
        saving = asyncio.create_task(states.save(snapshot(workflow_id, 1, questions=named), current))

        async def waiting() -> int:
            return int(query(database_url, LOCK_WAITS)[0][0])

        await until(waiting, lambda count: count == 1)
        deleting = asyncio.create_task(states.delete(workflow_id))
        await until(waiting, lambda count: count == 2)
        blocker.rollback()
        await asyncio.gather(saving, deleting)
    assert not any(_counts(database_url).values())
