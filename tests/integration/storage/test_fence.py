"""The mirror's fence: which snapshots are stored, and which come too late."""

import asyncio
import random

import psycopg
import pytest

from domain.statuses import Status
from storage.snapshots import Fence, RunChanged
from storage.tables import Quiz, WorkflowState
from storage.workflow_states import WorkflowStateStore
from tests.integration.storage.made import (
    LOCK_WAITS,
    RUN,
    current,
    make_generation,
    never_asked,
    not_current,
    query,
    save,
    snapshot,
)
from tests.support.waiting import until


async def _row(states: WorkflowStateStore, workflow_id: str) -> WorkflowState:
    row = await states.load(workflow_id)
    assert row is not None
    return row


async def test_the_first_snapshot_of_the_current_run_is_stored(states: WorkflowStateStore, quiz: Quiz) -> None:
    """The row takes the run's id; the options of the start stay beside the progress."""
    workflow_id = await make_generation(states, quiz)
    assert await save(states, workflow_id, 3) is Fence.ACCEPTED
    row = await _row(states, workflow_id)
    assert (row.run_id, row.sequence, row.completed_steps, row.status) == (RUN, 3, 3, Status.RUNNING)
    assert row.state_data["options"] == {"model": "demo-model"} and row.state_data["calls"] == 3
    assert row.checkpoint_data == {"slots": "0-3"} and row.completed_at is None
    assert row.last_checkpoint == row.updated_at > row.created_at


async def test_a_greater_sequence_of_the_same_run_is_stored(states: WorkflowStateStore, quiz: Quiz) -> None:
    """Temporal is not asked: the run holds the row."""
    workflow_id = await make_generation(states, quiz)
    await save(states, workflow_id, 1)
    assert await states.save(snapshot(workflow_id, 5), never_asked) is Fence.ACCEPTED
    assert (await _row(states, workflow_id)).sequence == 5


@pytest.mark.parametrize("sequence", [4, 5])
async def test_an_equal_or_smaller_sequence_is_stale(states: WorkflowStateStore, quiz: Quiz, sequence: int) -> None:
    """A snapshot that was overtaken, and a repeated one, change nothing at all."""
    workflow_id = await make_generation(states, quiz)
    await save(states, workflow_id, 5)
    before, events = await _row(states, workflow_id), await states.events(workflow_id)
    late = snapshot(workflow_id, sequence, completed=19, status=Status.COMPLETED)
    assert await states.save(late, never_asked) is Fence.STALE
    assert await _row(states, workflow_id) == before
    assert await states.events(workflow_id) == events


async def test_the_same_write_again_is_harmless(states: WorkflowStateStore, quiz: Quiz) -> None:
    """An activity whose answer was lost is run again: no second event, the row as it was."""
    workflow_id = await make_generation(states, quiz)
    assert await save(states, workflow_id, 1) is Fence.ACCEPTED
    before = await _row(states, workflow_id)
    assert await save(states, workflow_id, 1) is Fence.STALE
    assert await _row(states, workflow_id) == before
    assert len(await states.events(workflow_id)) == 1


async def test_another_run_is_refused_unless_it_is_current(states: WorkflowStateStore, quiz: Quiz) -> None:
    """A run that was replaced cannot write over its successor, whatever its sequence."""
    workflow_id = await make_generation(states, quiz)
    await save(states, workflow_id, 5)
    before = await _row(states, workflow_id)
    assert await states.save(snapshot(workflow_id, 99, run_id="old"), not_current) is Fence.OTHER_RUN
    assert await _row(states, workflow_id) == before


async def test_even_a_fresh_row_asks_who_is_current(states: WorkflowStateStore, quiz: Quiz) -> None:
    """After a resume the row belongs to no run yet; a straggler of the ended one may come first."""
    workflow_id = await make_generation(states, quiz)
    assert await states.save(snapshot(workflow_id, 9), not_current) is Fence.OTHER_RUN
    assert (await _row(states, workflow_id)).run_id is None


async def test_the_current_run_takes_over_with_a_smaller_sequence(states: WorkflowStateStore, quiz: Quiz) -> None:
    """After a reset the sequence begins lower than what was mirrored."""
    workflow_id = await make_generation(states, quiz)
    await save(states, workflow_id, 9)
    assert await save(states, workflow_id, 2, run_id="run-2") is Fence.ACCEPTED
    row = await _row(states, workflow_id)
    assert (row.run_id, row.sequence, row.completed_steps) == ("run-2", 2, 2)
    assert await states.save(snapshot(workflow_id, 10), not_current) is Fence.OTHER_RUN


async def test_a_deleted_row_stays_away(states: WorkflowStateStore, quiz: Quiz) -> None:
    """Nobody waits for it; the workflow is told and Temporal is not asked."""
    workflow_id = await make_generation(states, quiz)
    await states.delete(workflow_id)
    assert await states.save(snapshot(workflow_id, 1), never_asked) is Fence.GONE
    assert await states.load(workflow_id) is None


async def test_a_row_deleted_while_temporal_is_asked_stays_away(states: WorkflowStateStore, quiz: Quiz) -> None:
    """The row is looked at again under its lock."""
    workflow_id = await make_generation(states, quiz)

    async def delete_meanwhile() -> bool:
        return await states.delete(workflow_id)

    assert await states.save(snapshot(workflow_id, 1), delete_meanwhile) is Fence.GONE


async def test_a_run_that_came_between_is_not_overwritten(states: WorkflowStateStore, quiz: Quiz) -> None:
    """Two runs ask Temporal at once; the slower one asks again instead of trusting what it heard before."""
    workflow_id = await make_generation(states, quiz)

    async def overtaken() -> bool:
        await save(states, workflow_id, 1, run_id="run-2")
        return True

    with pytest.raises(RunChanged):
        await states.save(snapshot(workflow_id, 8), overtaken)
    assert (await _row(states, workflow_id)).run_id == "run-2"


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.FAILED, Status.CANCELLED])
async def test_a_closed_row_is_not_reopened_by_its_own_run(
    states: WorkflowStateStore, quiz: Quiz, status: Status
) -> None:
    """A snapshot on its way when the row was closed comes too late."""
    workflow_id = await make_generation(states, quiz)
    await save(states, workflow_id, 1)
    await save(states, workflow_id, 5, status=status)
    assert await states.save(snapshot(workflow_id, 6), not_current) is Fence.STALE
    assert (await _row(states, workflow_id)).status == status


async def test_a_row_closed_from_outside_is_not_reopened_either(states: WorkflowStateStore, quiz: Quiz) -> None:
    """The workflow was terminated; its last snapshot was still on its way."""
    workflow_id = await make_generation(states, quiz)
    await save(states, workflow_id, 1)
    await states.mark_failed(workflow_id, "terminated")
    assert await states.save(snapshot(workflow_id, 2), not_current) is Fence.STALE
    row = await _row(states, workflow_id)
    assert (row.status, row.error_message, row.completed_steps) == (Status.FAILED, "terminated", 1)


async def test_a_row_closed_by_mistake_is_opened_by_its_living_run(states: WorkflowStateStore, quiz: Quiz) -> None:
    """Somebody asked the wrong server and took the run for lost; its next snapshot puts the mirror right."""
    workflow_id = await make_generation(states, quiz)
    await save(states, workflow_id, 1)
    await states.mark_failed(workflow_id, "lost")
    assert await save(states, workflow_id, 2) is Fence.ACCEPTED
    row = await _row(states, workflow_id)
    assert (row.status, row.error_message, row.completed_steps) == (Status.RUNNING, None, 2)


async def test_a_new_current_run_reopens_a_closed_row(states: WorkflowStateStore, quiz: Quiz) -> None:
    """An operator's reset of an ended workflow brings it back to life, and the mirror shows it."""
    workflow_id = await make_generation(states, quiz)
    await save(states, workflow_id, 5, status=Status.FAILED, error_message="why")
    assert await save(states, workflow_id, 2, run_id="run-2") is Fence.ACCEPTED
    row = await _row(states, workflow_id)
    assert (row.status, row.error_message, row.completed_at) == (Status.RUNNING, None, None)


async def test_after_reopening_late_writes_of_the_ended_run_are_refused(states: WorkflowStateStore, quiz: Quiz) -> None:
    """Before and after the new run has written for the first time."""
    workflow_id = await make_generation(states, quiz)
    await save(states, workflow_id, 5)
    await states.mark_failed(workflow_id, "terminated")
    assert await states.reopen(workflow_id)
    late = snapshot(workflow_id, 6, status=Status.CANCELLED)
    assert await states.save(late, not_current) is Fence.OTHER_RUN
    assert (await _row(states, workflow_id)).status == Status.RUNNING
    assert await save(states, workflow_id, 1, run_id="run-2") is Fence.ACCEPTED
    assert await states.save(late, not_current) is Fence.OTHER_RUN
    row = await _row(states, workflow_id)
    assert (row.status, row.run_id, row.sequence) == (Status.RUNNING, "run-2", 1)


async def test_a_snapshot_waits_for_one_that_is_being_written(
    states: WorkflowStateStore, quiz: Quiz, database_url: str
) -> None:
    """The fence looks at the row as it will be, so that an older snapshot cannot slip in behind a newer one."""
    workflow_id = await make_generation(states, quiz)
    await save(states, workflow_id, 0)

    async def waiting() -> int:
        return int(query(database_url, LOCK_WAITS)[0][0])

    # The newer one is held within its transaction: it has the row and waits to write its event.
    with psycopg.connect(database_url) as blocker:
        blocker.execute("LOCK TABLE workflow_event IN EXCLUSIVE MODE")
        newer = asyncio.create_task(states.save(snapshot(workflow_id, 20), never_asked))
        await until(waiting, lambda count: count == 1)
        older = asyncio.create_task(states.save(snapshot(workflow_id, 10), never_asked))
        await until(waiting, lambda count: count == 2)
        blocker.rollback()
        assert list(await asyncio.gather(newer, older)) == [Fence.ACCEPTED, Fence.STALE]
    assert (await _row(states, workflow_id)).completed_steps == 20


async def test_twenty_shuffled_snapshots_at_once_end_at_the_last(states: WorkflowStateStore, quiz: Quiz) -> None:
    """Whatever the order in which they arrive, the last one stands and nobody saw progress go back."""
    workflow_id = await make_generation(states, quiz)
    await save(states, workflow_id, 0)
    sequences = list(range(1, 21))
    random.Random(7).shuffle(sequences)
    outcomes = await asyncio.gather(
        *(states.save(snapshot(workflow_id, sequence), never_asked) for sequence in sequences)
    )
    row = await _row(states, workflow_id)
    assert (row.sequence, row.completed_steps, row.checkpoint_data) == (20, 20, {"slots": "0-20"})
    seen = [event.event_data["completed"] for event in await states.events(workflow_id)]
    assert seen == sorted(set(seen)) and len(seen) == 1 + outcomes.count(Fence.ACCEPTED)
    assert set(outcomes) <= {Fence.ACCEPTED, Fence.STALE}


async def test_of_two_runs_at_once_the_current_one_stands(states: WorkflowStateStore, quiz: Quiz) -> None:
    """A reset while the old run writes: ten snapshots of each, retried as the workflow retries them."""
    workflow_id = await make_generation(states, quiz)
    await save(states, workflow_id, 1)

    async def insist(run: str, sequence: int) -> None:
        write = snapshot(workflow_id, sequence, run_id=run)
        while True:
            try:
                await states.save(write, current if run == "run-2" else not_current)
            except RunChanged:
                continue
            return

    await asyncio.gather(*(insist(run, sequence) for sequence in range(2, 12) for run in (RUN, "run-2")))
    row = await _row(states, workflow_id)
    assert (row.run_id, row.sequence) == ("run-2", 11)
