"""A snapshot is one transaction: state, questions, event and notification, or nothing of it."""

from collections.abc import Iterator

import psycopg
import pytest

from domain.statuses import Status
from storage.model_calls import ModelCallStore
from storage.snapshots import CHANNEL, Fence
from storage.tables import Quiz
from storage.workflow_states import WorkflowStateStore
from tests.integration.storage.made import answer, make_generation, not_current, pay, save, snapshot


class Listener:
    """A client that listens, as the server-sent events do."""

    def __init__(self, database_url: str) -> None:
        self._connection = psycopg.connect(database_url, autocommit=True)
        self._connection.execute(f"LISTEN {CHANNEL}")

    def heard(self) -> list[str]:
        """What was told so far. A commit that this process waited for has been told before the round trip ends."""
        self._connection.execute("SELECT 1")
        return [notice.payload for notice in self._connection.notifies(timeout=0)]

    def close(self) -> None:
        """Stop listening."""
        self._connection.close()


@pytest.fixture
def listener(database_url: str) -> Iterator[Listener]:
    """Listens from before the first snapshot."""
    listener = Listener(database_url)
    yield listener
    listener.close()


async def test_an_accepted_snapshot_brings_all_four(
    states: WorkflowStateStore, calls: ModelCallStore, quiz: Quiz, listener: Listener
) -> None:
    """State, questions, event and the quiz id on the channel."""
    workflow_id = await make_generation(states, quiz)
    assert await save(states, workflow_id, 2, questions=await pay(calls, workflow_id, 2, 0)) is Fence.ACCEPTED
    row = await states.load(workflow_id)
    assert row is not None and row.sequence == 2
    assert [question.slot for question in await states.questions(workflow_id)] == [0, 2]
    (event,) = await states.events(workflow_id)
    assert event.event_data == {"status": "running", "completed": 2, "total": 20, "slots": [0, 2]}
    assert listener.heard() == [str(quiz.id)]


async def test_a_refused_snapshot_tells_nobody(states: WorkflowStateStore, quiz: Quiz, listener: Listener) -> None:
    """Stale ones, those of other runs and those of deleted rows are silent."""
    workflow_id = await make_generation(states, quiz)
    await save(states, workflow_id, 1)
    assert listener.heard() == [str(quiz.id)]
    assert await save(states, workflow_id, 1) is Fence.STALE
    assert await states.save(snapshot(workflow_id, 2, run_id="old"), not_current) is Fence.OTHER_RUN
    await states.delete(workflow_id)
    assert await save(states, workflow_id, 3) is Fence.GONE
    assert listener.heard() == []


@pytest.mark.parametrize(
    "broken", ["missing answer", "unusable answer", "question that cannot be stored", "end without a question"]
)
async def test_if_one_part_fails_nothing_is_written(
    states: WorkflowStateStore, calls: ModelCallStore, quiz: Quiz, listener: Listener, broken: str
) -> None:
    """A snapshot that names something impossible leaves no trace, so that a repeated one can be whole."""
    workflow_id = await make_generation(states, quiz)
    named = await pay(calls, workflow_id, 0)
    if broken == "unusable answer":
        await calls.record(answer(workflow_id, 1, question=None, unusable="no"))
    elif broken == "question that cannot be stored":
        await calls.record(answer(workflow_id, 1, question={**(answer(workflow_id, 1).question or {}), "key": 2**40}))
    elif broken == "end without a question":
        await calls.record(answer(workflow_id, 1))
    end = {"status": Status.COMPLETED, "total": 3} if broken == "end without a question" else {}
    with pytest.raises(Exception):  # noqa: B017 - which one is not the rule
        await save(states, workflow_id, 1, questions=[*named, (1, "draft", 0)], **end)
    row = await states.load(workflow_id)
    assert row is not None and (row.sequence, row.run_id, row.last_checkpoint) == (0, None, None)
    assert await states.questions(workflow_id) == [] and await states.events(workflow_id) == []
    assert listener.heard() == []


async def test_closing_from_outside_is_told_once(states: WorkflowStateStore, quiz: Quiz, listener: Listener) -> None:
    """Who watches hears of the end that no workflow could tell."""
    workflow_id = await make_generation(states, quiz)
    assert await states.mark_failed(workflow_id, "terminated")
    assert not await states.mark_failed(workflow_id, "terminated")
    assert listener.heard() == [str(quiz.id)]
