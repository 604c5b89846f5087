"""Ends that are written from outside, and the log of a generation."""

from datetime import timedelta

import pytest

from domain.statuses import Status
from storage.model_calls import ModelCallStore
from storage.snapshots import EventType
from storage.tables import Quiz, now
from storage.workflow_states import LOST, WorkflowStateStore
from tests.integration.storage.made import make_generation, pay, save

ENDS = [Status.COMPLETED, Status.FAILED, Status.CANCELLED]


@pytest.mark.parametrize("status", [Status.RUNNING, Status.PAUSED])
async def test_open_rows_are_closed(states: WorkflowStateStore, quiz: Quiz, status: Status) -> None:
    """With the reason and the time; the progress stays as it was mirrored."""
    workflow_id = await make_generation(states, quiz, status=status)
    assert await states.mark_failed(workflow_id, "why")
    row = await states.load(workflow_id)
    assert row is not None and (row.status, row.error_message) == (Status.FAILED, "why")
    assert row.completed_at is not None and row.completed_at == row.updated_at


@pytest.mark.parametrize("status", ENDS)
async def test_ended_rows_stay_as_they_ended(states: WorkflowStateStore, quiz: Quiz, status: Status) -> None:
    """The workflow's own last word counts more than a look from outside."""
    workflow_id = await make_generation(states, quiz, status=status, error_message="first")
    before = await states.load(workflow_id)
    assert not await states.mark_completed(workflow_id)
    assert not await states.mark_failed(workflow_id, "second")
    assert await states.load(workflow_id) == before
    assert await states.events(workflow_id) == []


async def test_what_lacks_questions_is_not_closed_as_completed(
    states: WorkflowStateStore, calls: ModelCallStore, quiz: Quiz
) -> None:
    """Its run has made them and told of them; they went with the database, and a resume writes them again."""
    workflow_id = await make_generation(states, quiz)
    await save(states, workflow_id, 1, questions=await pay(calls, workflow_id, 0), total=2)
    assert await states.mark_completed(workflow_id)
    row = await states.load(workflow_id)
    assert row is not None and (row.status, row.error_message) == (Status.FAILED, LOST)
    await states.reopen(workflow_id)
    await save(states, workflow_id, 1, run_id="run-2", questions=await pay(calls, workflow_id, 1), total=2)
    assert await states.mark_completed(workflow_id)
    row = await states.load(workflow_id)
    assert row is not None and (row.status, row.error_message) == (Status.COMPLETED, None)


async def test_rows_that_are_gone_are_not_closed(states: WorkflowStateStore) -> None:
    """Nothing happens, and nothing is raised."""
    assert not await states.mark_completed("mcq_x_1")
    assert not await states.mark_failed("mcq_x_1", "why")
    assert not await states.reopen("mcq_x_1")


async def test_an_end_forgets_who_waited(states: WorkflowStateStore, calls: ModelCallStore, quiz: Quiz) -> None:
    """Nobody waits for the provider once the generation is over, however it was told."""
    one = await make_generation(states, quiz)
    await calls.wait_for_provider(one, 0, "rate limit", now(), now())
    await states.mark_failed(one, "terminated")
    two = await make_generation(states, quiz)
    await calls.wait_for_provider(two, 0, "rate limit", now(), now())
    await save(states, two, 1, status=Status.CANCELLED)
    assert await states.waits(one) == [] and await states.waits(two) == []


@pytest.mark.parametrize("status", ENDS)
async def test_reopening_begins_a_new_life(states: WorkflowStateStore, quiz: Quiz, status: Status) -> None:
    """Running, without reason and end, counted as one more try; once."""
    workflow_id = await make_generation(states, quiz)
    await save(states, workflow_id, 5, status=status, error_message="why")
    assert await states.reopen(workflow_id)
    assert not await states.reopen(workflow_id)
    row = await states.load(workflow_id)
    assert row is not None
    assert (row.status, row.error_message, row.completed_at, row.run_id) == (Status.RUNNING, None, None, None)
    assert (row.retry_count, row.completed_steps) == (1, 5)


async def test_resumable_ones_are_listed_newest_first(states: WorkflowStateStore, quiz: Quiz) -> None:
    """Paused, failed and cancelled ones; neither running nor completed."""
    moment = now()
    ids = [
        await make_generation(states, quiz, status=status, created_at=moment - timedelta(hours=age))
        for age, status in [(2, Status.FAILED), (1, Status.CANCELLED), (4, Status.COMPLETED), (3, Status.PAUSED)]
    ]
    listed = [row.workflow_id for row in await states.list_resumable(quiz.id)]
    assert listed == [ids[1], ids[0], ids[3]]


async def test_the_newest_of_an_owner(states: WorkflowStateStore, quiz: Quiz) -> None:
    """All statuses, newest first, as many as asked for; nothing of another owner."""
    moment = now()
    ids = [
        await make_generation(states, quiz, status=Status.FAILED, created_at=moment - timedelta(hours=age))
        for age in (2, 1, 3)
    ]
    assert [row.workflow_id for row in await states.newest(owner_id=quiz.owner_id, limit=2)] == [ids[1], ids[0]]
    assert await states.newest(owner_id=quiz.id, limit=9) == []


async def test_the_log_tells_the_story(states: WorkflowStateStore, quiz: Quiz) -> None:
    """Each accepted snapshot is one event of the type that fits, oldest first."""
    workflow_id = await make_generation(states, quiz)
    await save(states, workflow_id, 1)
    await save(states, workflow_id, 2, status=Status.PAUSED)
    await save(states, workflow_id, 3)
    await save(states, workflow_id, 4, status=Status.PAUSED, error_message="no quota")
    await save(states, workflow_id, 5)
    await save(states, workflow_id, 1, run_id="run-2")
    await save(states, workflow_id, 2, run_id="run-2", status=Status.COMPLETED)
    events = await states.events(workflow_id)
    assert [event.event_type for event in events] == [
        EventType.CHECKPOINT,
        EventType.STATE_CHANGE,
        EventType.STATE_CHANGE,
        EventType.ERROR,
        EventType.STATE_CHANGE,
        EventType.RECOVERY,
        EventType.COMPLETED,
    ]
    assert events[3].event_data["reason"] == "no quota"
    assert [(event.run_id, event.sequence) for event in events[-2:]] == [("run-2", 1), ("run-2", 2)]


async def test_a_resume_is_a_recovery(states: WorkflowStateStore, quiz: Quiz) -> None:
    """The first snapshot of the new run, although the row belonged to nobody."""
    workflow_id = await make_generation(states, quiz)
    await save(states, workflow_id, 1, status=Status.FAILED, error_message="why")
    await states.reopen(workflow_id)
    await save(states, workflow_id, 1, run_id="run-2")
    assert (await states.events(workflow_id))[-1].event_type == EventType.RECOVERY


async def test_closing_from_outside_is_in_the_log(states: WorkflowStateStore, quiz: Quiz) -> None:
    """Again and again: each life of a generation may end so, and the next begins."""
    workflow_id = await make_generation(states, quiz)
    await save(states, workflow_id, 3, total=0)
    for _ in range(2):
        await states.mark_failed(workflow_id, "terminated")
        await states.reopen(workflow_id)
    await states.mark_completed(workflow_id)
    events = (await states.events(workflow_id))[1:]
    again = [EventType.ERROR, EventType.RECOVERY]
    assert [event.event_type for event in events] == [*again, *again, EventType.COMPLETED]
    assert events[0].event_data["reason"] == "terminated" and events[0].event_data["completed"] == 3
