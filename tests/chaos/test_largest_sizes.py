"""The largest that is asked for: a thousand questions; content around the 2 MB that fit into one payload, and 10 MB."""

import pytest

from storage.quizzes import NewDocument
from tests.chaos.runs import MOST_BYTES, MOST_EVENTS, size_of
from tests.support.encyclopedia import encyclopedia
from tests.support.world import World
from tests.workflow.history import histories_of
from tests.workflow.ledger import paid_twice


@pytest.mark.parametrize(("size", "questions"), [(1_900_000, 20), (2_100_000, 1_000), (9_900_000, 20)])
async def test_every_question_is_written_and_histories_stay_small(world: World, size: int, questions: int) -> None:
    """Exactly so many, each paid once; no run grows towards the server's limits of events and bytes."""
    text = encyclopedia(size)
    assert len(text.encode()) >= size
    quiz = await world.quiz(NewDocument("encyclopedia.md", "An encyclopedia", text))
    workflow_id = await world.start(questions, quiz=quiz, workflow_window=32, workflow_checkpoint_interval=50)
    async with world.worker():
        await world.until_completed(workflow_id, questions, seconds=420)
        await world.assert_complete(workflow_id, questions)
        await world.until_closed(workflow_id)
    assert paid_twice(world.demo.calls(workflow_id)) == []
    for history in (await histories_of(world.temporal, workflow_id)).values():
        assert len(history.events) <= MOST_EVENTS and size_of(history) <= MOST_BYTES
        assert len(history.events) < 2 * world.settings.workflow_longest_run
    row = await world.states.load(workflow_id)
    assert row is not None and len(row.model_dump_json()) < 200_000
