"""The row has more of a run than its history: that fell back, and what it tells again is not taken for a repetition."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import text

from domain.statuses import Status
from service.errors import TemporalUnavailable
from service.generations import GenerationService
from service.reconciler import Reconciler
from tests.support.world import World
from tests.workflow.ledger import paid_twice
from workflows.messages import MIRROR

# What the row has of the history that is gone: one snapshot with other questions, or further ones.
AHEAD = "UPDATE workflow_state SET sequence = sequence + :by WHERE workflow_id = :id"
ANOTHER = """
INSERT INTO workflow_event (workflow_state_id, run_id, sequence, event_type, event_data, created_at)
SELECT id, run_id, sequence, 'checkpoint', '{"status": "running", "total": 8, "slots": [7]}', now()
FROM workflow_state WHERE workflow_id = :id AND sequence > 0 AND :by > 0
"""


@pytest.mark.parametrize(
    ("by", "statements"),
    [(1, [AHEAD, ANOTHER]), (3, [AHEAD]), (100, [AHEAD])],
    ids=["one snapshot", "three", "a hundred"],
)
async def test_every_question_is_told_again(world: World, by: int, statements: list[str]) -> None:
    """The run goes on behind what the row has: no question is missing, and the row ends as the run does."""
    workflow_id = await world.start(8, workflow_window=2, workflow_checkpoint_interval=1)
    world.demo.fault("overloaded", match=f"{workflow_id}/[4567]/")  # time to go back
    async with world.worker():
        await world.until_completed(workflow_id, 4)
        async with world.engine.begin() as connection:
            for statement in statements:
                await connection.execute(text(statement), {"by": by, "id": workflow_id})
        before = await world.states.load(workflow_id)
        assert before is not None
        world.demo.clear_faults()
        await world.until_closed(workflow_id, 60)
        await world.assert_complete(workflow_id, 8)
    assert paid_twice(world.demo.calls(workflow_id)) == []
    row = await world.states.load(workflow_id)
    assert row is not None and row.status == Status.COMPLETED and row.sequence > before.sequence
    assert {"ahead": before.sequence} in await _answers_of_the_mirror(world, workflow_id)


async def told_again(world: World) -> str:
    """A generation of four questions, in the middle of which the row is ahead; completed."""
    workflow_id = await world.start(4, workflow_window=1, workflow_checkpoint_interval=1)
    world.demo.fault("rate_limit_seconds", times=2, retry_after=2, match=f"{workflow_id}/2/")
    async with world.worker():
        await world.until_completed(workflow_id, 2)
        await world.until_mirrored(workflow_id)
        async with world.engine.begin() as connection:
            await connection.execute(text(AHEAD), {"by": 5, "id": workflow_id})
        await world.service.pause(workflow_id)
        await world.until_closed_nodes(workflow_id, 3)
        await world.service.resume(workflow_id)
        await world.assert_complete(workflow_id, 4)
        await world.handle(workflow_id).result()
    return workflow_id


async def test_whoever_waits_for_the_mirror_goes_on(world: World) -> None:
    """A retry that finds the generation paused waits for a snapshot, of which one was not stored."""
    workflow_id = await told_again(world)
    assert any("ahead" in str(answer) for answer in await _answers_of_the_mirror(world, workflow_id))


async def test_a_resume_that_went_with_history_is_carried_out(world: World) -> None:
    """The row says `running`, so nobody can ask again; the run rests in the pause before it."""
    workflow_id = await world.start(4, workflow_window=1)
    world.demo.fault("overloaded", match=f"{workflow_id}/[23]/")
    async with world.worker():
        await world.until_completed(workflow_id, 2)
        await world.service.pause(workflow_id)
        await world.until_status(workflow_id, Status.PAUSED)
        await world.until_idle(workflow_id)
        await world.until_mirrored(workflow_id)
        world.demo.clear_faults()
        reconciler = Reconciler(world.engine, world.connect, world.settings)
        await reconciler.look_once()
        assert (await world.service.status(workflow_id)).status is Status.PAUSED, "a pause is nobody's to end"
        async with world.engine.begin() as connection:
            lost = "UPDATE workflow_state SET status = 'running', sequence = sequence + 1, updated_at = now() - :by"
            await connection.execute(
                text(f"{lost} WHERE workflow_id = :id"), {"by": timedelta(minutes=1), "id": workflow_id}
            )
        await reconciler.look_once()
        await world.assert_complete(workflow_id, 4)


async def test_a_cancel_that_went_with_history_is_sent_again_by_a_resume(world: World) -> None:
    """The row says how it ended; the run rests, and would keep any other from beginning."""
    workflow_id = await world.start(4, workflow_window=1)
    world.demo.fault("overloaded", match=f"{workflow_id}/[23]/")
    impatient = GenerationService(world.settings, world.states, world.quizzes, world.connect, acknowledge=0.2)
    async with world.worker():
        await world.until_completed(workflow_id, 2)
        await world.service.pause(workflow_id)
        await world.until_idle(workflow_id)
        await world.until_mirrored(workflow_id)
        world.demo.clear_faults()
        async with world.engine.begin() as connection:
            lost = "UPDATE workflow_state SET status = 'cancelled', current_node = 'finish', sequence = sequence + 1"
            await connection.execute(text(f"{lost} WHERE workflow_id = :id"), {"id": workflow_id})
        with pytest.raises(TemporalUnavailable, match="still ending"):
            await impatient.resume(workflow_id)
        await world.until_closed(workflow_id)
        await world.service.resume(workflow_id)
        await world.assert_complete(workflow_id, 4)


async def _answers_of_the_mirror(world: World, workflow_id: str) -> list[object]:
    events = (await world.history(workflow_id)).events
    mirrored = {
        event.event_id
        for event in events
        if event.activity_task_scheduled_event_attributes.activity_type.name == MIRROR
    }
    return [
        json.loads(event.activity_task_completed_event_attributes.result.payloads[0].data)
        for event in events
        if event.activity_task_completed_event_attributes.scheduled_event_id in mirrored
    ]
