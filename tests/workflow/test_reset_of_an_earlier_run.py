"""An operator's reset of a run that has handed over long ago is harmless too, whatever became of the generation."""

from typing import Any

import pytest
from temporalio.client import WorkflowExecutionStatus

from domain.statuses import Status
from tests.support.waiting import until
from tests.support.world import World
from tests.workflow.history import runs_of
from tests.workflow.ledger import ARRIVED, key_of, paid_twice
from tests.workflow.resetting import reset_to

QUESTIONS = 32
# Where the window is full of calls that stall, in the third run or a later one.
HELD = range(22, 26)
SETTINGS: dict[str, Any] = {"workflow_window": len(HELD), "workflow_longest_run": 30}
# Of the chain of runs, and of a run's tasks: the last is the one that continues it as new. Content is prepared behind
# the first task of the first run.
POINTS = [(0, "first"), (0, "middle"), (0, "last"), (1, "first")]


@pytest.mark.parametrize(("run", "where"), POINTS)
async def test_while_a_later_run_is_active(world: World, run: int, where: str) -> None:
    """Temporal ends the later run, the new one takes the mirror over and goes on from what is stored: exactly N."""
    async with world.worker():
        workflow_id, runs = await _held_in_a_later_run(world)
        world.demo.clear_faults()
        new = await reset_to(world, workflow_id, where, runs[run])
        await _until_only_the_newest_is_open(world, workflow_id)
        assert await _state_of(world, workflow_id, runs[-1]) is WorkflowExecutionStatus.TERMINATED
        await _assert_whole(world, workflow_id, [*runs[:run], new])


@pytest.mark.parametrize(("run", "where"), POINTS)
async def test_after_the_generation_is_completed(world: World, run: int, where: str) -> None:
    """The new run finds every answer and every question: the same N again, and not one call more."""
    workflow_id = await world.start(QUESTIONS, **SETTINGS)
    async with world.worker():
        await world.assert_complete(workflow_id, QUESTIONS)
        await world.until_closed(workflow_id)
        runs, calls = await runs_of(world.temporal, workflow_id), world.demo.calls(workflow_id)
        assert len(runs) >= 3
        questions = await _stems(world, workflow_id)
        new = await reset_to(world, workflow_id, where, runs[run])
        await world.until_closed(workflow_id)
        await _assert_whole(world, workflow_id, [*runs[:run], new])
        assert await _state_of(world, workflow_id, runs[-1]) is WorkflowExecutionStatus.COMPLETED
        assert await _stems(world, workflow_id) == questions
    assert world.demo.calls(workflow_id) == calls


@pytest.mark.parametrize("where", ["first", "middle", "last"])
async def test_a_pause_of_a_later_run_is_kept(world: World, where: str) -> None:
    """Signals to the runs after it are given to the new one: it asks for nothing until a resume."""
    async with world.worker():
        workflow_id, runs = await _held_in_a_later_run(world)
        await world.service.pause(workflow_id)
        world.demo.clear_faults()
        calls = world.demo.calls(workflow_id)
        new = await reset_to(world, workflow_id, where, runs[0])
        await world.until_progress(workflow_id, lambda progress: progress.current_node == "write_questions")
        await _until_the_newest_is_mirrored(world, workflow_id)
        status = await world.service.status(workflow_id)
        assert (status.status, status.completed) == (Status.PAUSED, HELD.start)
        await world.until_idle(workflow_id)
        assert world.demo.calls(workflow_id) == calls
        await world.service.resume(workflow_id)
        await _assert_whole(world, workflow_id, [new])


async def _held_in_a_later_run(world: World) -> tuple[str, list[str]]:
    """A generation that has handed over twice at least, with each of its calls in flight stalled; and its runs."""
    workflow_id = await world.start(QUESTIONS, **SETTINGS)
    world.demo.fault("stall", match=f"{workflow_id}/({'|'.join(map(str, HELD))})/")

    async def its_calls_stall() -> bool:
        """Not yet while a run hands over: it has none in flight then."""
        progress = await world.progress(workflow_id)
        stalled = {key_of(call)[0] for call in world.demo.calls(workflow_id)} & {*HELD}
        return progress.completed == HELD.start and 0 < progress.in_flight == len(stalled)

    await until(its_calls_stall, seconds=60)
    runs = await runs_of(world.temporal, workflow_id)
    assert len(runs) >= 3
    return workflow_id, runs


async def _assert_whole(world: World, workflow_id: str, begins: list[str]) -> None:
    """Complete in a chain that begins with these runs, as the mirror tells it; nothing open, nothing paid again."""
    await world.until_closed(workflow_id, 60)  # until the new run has told something, the mirror tells the old end
    status = await world.assert_complete(workflow_id, QUESTIONS)
    assert (await world.handle(workflow_id).result())["questions"] == QUESTIONS
    await until(lambda: _open_runs(world, workflow_id), lambda runs: runs == set())
    runs = await runs_of(world.temporal, workflow_id)
    assert runs[: len(begins)] == begins
    row = await world.states.load(workflow_id)
    assert row is not None and row.run_id == runs[-1]
    await world.until_mirrored(workflow_id)
    calls = world.demo.calls(workflow_id)
    assert paid_twice(calls) == []
    # What was asked for by runs that count no more is counted too.
    assert status.calls == sum(call["outcome"] in ARRIVED for call in calls)


async def _until_only_the_newest_is_open(world: World, workflow_id: str) -> None:
    """Temporal's list follows its histories a moment later."""

    async def others() -> bool:
        newest = (await world.handle(workflow_id).describe()).run_id
        return await _open_runs(world, workflow_id) != {newest}

    await until(others, lambda there_are: not there_are)


async def _until_the_newest_is_mirrored(world: World, workflow_id: str) -> None:
    """The new run may hand over at once."""

    async def held_by_another() -> bool:
        row = await world.states.load(workflow_id)
        return row is None or row.run_id != (await world.handle(workflow_id).describe()).run_id

    await until(held_by_another, lambda is_held: not is_held)


async def _open_runs(world: World, workflow_id: str) -> set[str]:
    """As `temporal workflow list` tells it."""
    query = f"WorkflowId = '{workflow_id}' AND ExecutionStatus = 'Running'"
    return {run.run_id async for run in world.temporal.list_workflows(query)}


async def _stems(world: World, workflow_id: str) -> list[str]:
    return [question.stem for question in await world.service.questions(workflow_id)]


async def _state_of(world: World, workflow_id: str, run_id: str) -> WorkflowExecutionStatus | None:
    return (await world.temporal.get_workflow_handle(workflow_id, run_id=run_id).describe()).status
