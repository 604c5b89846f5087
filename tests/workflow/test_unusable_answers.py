"""Answers that are no question are stored, sent back and repaired."""

from sqlalchemy import select
from sqlmodel import col

from storage.tables import ModelCall
from tests.support.world import World
from tests.workflow.ledger import of_slot, paid_twice

# Fault -> words of the reason that is kept; one slot each.
UNUSABLE = {
    "malformed": "Invalid JSON",
    "truncated": "cut short",
    "wrong_shape": "stem",
    "refusal": "declined",
    "empty_choices": "no answer",
    "content_filter": "content filter",
    "huge": "characters",
    "surrogate": "",
}


async def test_every_kind_of_unusable_answer_is_stored_and_repaired(world: World) -> None:
    """Each is paid for once, kept with the reason and never handed back for ever: the next answer is a revision."""
    count = len(UNUSABLE)
    workflow_id = await world.start(count, workflow_window=count)
    for slot, kind in enumerate(UNUSABLE):
        world.demo.fault(kind, times=1, match=f"{workflow_id}/{slot}/draft/0/")
    async with world.worker():
        status = await world.assert_complete(workflow_id, count)
    stored = await _stored(world, workflow_id)
    for slot, (kind, reason) in enumerate(UNUSABLE.items()):
        first = stored[slot, "draft", 0]
        assert first.question is None and first.unusable is not None, kind
        assert reason in first.unusable, (kind, first.unusable)
        assert stored[slot, "revise", 1].question is not None, kind
    calls = world.demo.calls(workflow_id)
    assert paid_twice(calls) == []
    assert len(calls) == status.calls == len(stored)
    assert status.rejected >= count


async def test_a_nul_in_an_answer_is_dropped(world: World) -> None:
    """PostgreSQL cannot store it and no text has it: the question is good without."""
    workflow_id = await world.start(1)
    world.demo.fault("nul", times=1, match=workflow_id)
    async with world.worker():
        await world.assert_complete(workflow_id, 1)
    assert "\0" not in (await world.service.questions(workflow_id))[0].explanation


async def test_the_answers_of_a_slot_are_bounded(world: World) -> None:
    """A model that never answers well is asked a bounded number of times, and then the generation says so."""
    workflow_id = await world.start(1)
    world.demo.fault("malformed", match=workflow_id)
    async with world.worker():
        status = await world.until_ended(workflow_id)
    chunks = len({call.chunk_id for call in (await _stored(world, workflow_id)).values()})
    # Three answers a chunk, and each chunk at most twice.
    assert len(of_slot(world.demo.calls(workflow_id), 0)) <= chunks * 2 * world.settings.workflow_max_retries
    assert status.error is not None and "wrote 0 of 1" in status.error


async def _stored(world: World, workflow_id: str) -> dict[tuple[int, str, int], ModelCall]:
    async with world.engine.connect() as connection:
        rows = await connection.execute(select(ModelCall).where(col(ModelCall.workflow_id) == workflow_id))
        return {(row.slot, row.step, row.attempt): row for row in rows}  # type: ignore[misc]  # a row reads like a ModelCall
