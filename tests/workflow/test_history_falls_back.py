"""The row has more of a run than its history: that fell back, and what it tells again is not taken for a repetition."""

import json

import pytest
from sqlalchemy import text

from domain.statuses import Status
from tests.support.world import World
from tests.workflow.ledger import paid_twice
from workflows.messages import MIRROR

# What the row has of the history that is gone: one snapshot with other questions, or further ones, or all.
AHEAD = "UPDATE workflow_state SET sequence = sequence + :by WHERE workflow_id = :id"
ANOTHER = """
INSERT INTO workflow_event (workflow_state_id, run_id, sequence, event_type, event_data, created_at)
SELECT id, run_id, sequence, 'checkpoint', '{"status": "running", "total": 8, "slots": [7]}', now()
FROM workflow_state WHERE workflow_id = :id AND sequence > 0 AND :by > 0
"""
COMPLETED = """
UPDATE workflow_state SET status = 'completed', completed_at = now()
WHERE workflow_id = :id AND :by > 0
"""


@pytest.mark.parametrize(
    ("by", "statements"),
    [(1, [AHEAD, ANOTHER]), (3, [AHEAD]), (100, [AHEAD]), (100, [AHEAD, COMPLETED])],
    ids=["one snapshot", "three", "a hundred", "all of it"],
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
