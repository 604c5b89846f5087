"""What tells a snapshot that was merely repeated from one of a history that fell back behind the row."""

from domain.statuses import Status
from storage.model_calls import ModelCallStore
from storage.snapshots import Fence
from storage.tables import Quiz
from storage.workflow_states import WorkflowStateStore
from tests.integration.storage.made import make_generation, pay, save, snapshot


async def test_a_repeated_snapshot_is_not_behind(states: WorkflowStateStore, calls: ModelCallStore, quiz: Quiz) -> None:
    """The answer of its write was lost, and it is written again as it was."""
    workflow_id = await make_generation(states, quiz)
    questions = await pay(calls, workflow_id, 3, 1)
    await save(states, workflow_id, 5, questions=questions)
    assert await states.ahead_of(snapshot(workflow_id, 5, questions=questions)) is None
    assert await states.ahead_of(snapshot(workflow_id, 6)) is None


async def test_the_same_number_with_something_else_to_tell_is_behind(
    states: WorkflowStateStore, calls: ModelCallStore, quiz: Quiz
) -> None:
    """Other questions, or another status: the row has not got it, whatever its number is."""
    workflow_id = await make_generation(states, quiz)
    await save(states, workflow_id, 5, questions=await pay(calls, workflow_id, 3, 1))
    assert await states.ahead_of(snapshot(workflow_id, 5, questions=[(3, "draft", 0)])) == 5
    assert await states.ahead_of(snapshot(workflow_id, 5)) == 5
    paused = snapshot(workflow_id, 5, questions=[(1, "draft", 0), (3, "draft", 0)], status=Status.PAUSED)
    assert await states.ahead_of(paused) == 5
    await save(states, workflow_id, 6, status=Status.PAUSED)
    assert await states.ahead_of(snapshot(workflow_id, 6, status=Status.PAUSED)) is None
    assert await states.ahead_of(snapshot(workflow_id, 6, status=Status.PAUSED, error_message="no quota")) == 6


async def test_an_earlier_number_is_behind(states: WorkflowStateStore, quiz: Quiz) -> None:
    """It is told which number the row has."""
    workflow_id = await make_generation(states, quiz)
    await save(states, workflow_id, 4)
    await save(states, workflow_id, 9)
    assert await states.ahead_of(snapshot(workflow_id, 4)) == 9
    assert await states.ahead_of(snapshot(workflow_id, 7)) == 9


async def test_another_run_is_not_behind(states: WorkflowStateStore, quiz: Quiz) -> None:
    """What a run tells that took the row over, or lost it, goes by who is current and not by numbers."""
    workflow_id = await make_generation(states, quiz)
    await save(states, workflow_id, 9)
    assert await states.ahead_of(snapshot(workflow_id, 2, run_id="run-2")) is None
    await states.delete(workflow_id)
    assert await states.ahead_of(snapshot(workflow_id, 2)) is None


async def test_a_completed_row_is_not_opened_by_its_own_run(states: WorkflowStateStore, quiz: Quiz) -> None:
    """All is there: whatever its run tells whose history fell back behind that is nothing new."""
    workflow_id = await make_generation(states, quiz)
    await save(states, workflow_id, 5, status=Status.COMPLETED)
    for sequence in (3, 5, 9):
        assert await save(states, workflow_id, sequence) is Fence.STALE
        assert await states.ahead_of(snapshot(workflow_id, sequence)) is None
    assert await save(states, workflow_id, 2, run_id="run-2") is Fence.ACCEPTED
