"""What resume does, for each status."""

import asyncio
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta

import pytest
from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError

from domain.statuses import Status
from service.errors import CannotResume, NotPossible, TemporalUnavailable, UnknownGeneration
from service.finding import Finding, look
from service.generations import GenerationService
from service.requests import GenerationRequest
from service.temporal import Temporal
from storage.workflow_states import WorkflowStateStore
from tests.integration.service.unreachable import without_temporal
from tests.integration.storage.made import make_generation, save
from tests.support.world import World
from workflows.messages import FINISH, GenerationOptions


async def _run_id(world: World, workflow_id: str) -> str | None:
    return (await world.handle(workflow_id).describe()).run_id


async def test_a_running_generation_goes_on(world: World) -> None:
    """There is nothing to resume; who only wants it to run gets the same run."""
    workflow_id = await world.start(2)
    run_id = await _run_id(world, workflow_id)
    with pytest.raises(CannotResume, match="running already"):
        await world.service.resume(workflow_id)
    assert (await world.service.ensure_running(workflow_id)).status is Status.RUNNING
    assert await _run_id(world, workflow_id) == run_id


async def test_a_pause_that_no_worker_has_seen_is_taken_back(world: World) -> None:
    """The status tells of the pause that is on its way; a resume comes after it in the workflow's queue."""
    workflow_id = await world.start(2)
    service = GenerationService(world.settings, world.states, world.quizzes, world.connect, acknowledge=0)
    paused = await service.pause(workflow_id)
    assert (paused.status, paused.pausing) == (Status.RUNNING, True)
    assert not (await service.resume(workflow_id)).pausing
    async with world.worker():
        await world.assert_complete(workflow_id, 2)


async def test_a_paused_generation_is_told_by_a_signal(world: World) -> None:
    """The same run goes on to its end."""
    workflow_id = await world.start(3)
    async with world.worker():
        await world.service.pause(workflow_id)
        run_id = await _run_id(world, workflow_id)
        status = await world.service.resume(workflow_id)
        assert status.status is not Status.PAUSED
        await world.assert_complete(workflow_id, 3)
    assert await _run_id(world, workflow_id) == run_id


async def test_a_completed_generation_has_nothing_to_resume(world: World) -> None:
    """The row says so; no run is started."""
    workflow_id = await make_generation(world.states, await world.quiz(), status=Status.COMPLETED)
    with pytest.raises(NotPossible, match="is completed"):
        await world.service.resume(workflow_id)


async def test_a_cancelled_generation_begins_a_new_run(world: World) -> None:
    """Under the same id, counted as a retry."""
    workflow_id = await world.start(3)
    async with world.worker():
        await world.service.cancel(workflow_id)
        ended = await _run_id(world, workflow_id)
        await world.service.resume(workflow_id)
        await world.assert_complete(workflow_id, 3)
    assert await _run_id(world, workflow_id) != ended
    row = await world.states.load(workflow_id)
    assert row is not None and row.retry_count == 1


async def test_a_failed_one_whose_history_is_gone_begins_a_new_run(world: World) -> None:
    """The server lost its data; the row has the options."""
    quiz = await world.quiz()
    lost = await world.service.generate(quiz, GenerationRequest(3))
    row = await world.states.load(lost)
    assert row is not None
    await world.handle(lost).terminate()
    await world.states.delete(lost)
    options = row.state_data["options"]
    workflow_id = await make_generation(world.states, quiz, total_steps=3, state_data={"options": options})
    await save(world.states, workflow_id, 1, total=3)
    await world.service.reconcile(workflow_id)
    assert (await world.service.status(workflow_id)).status is Status.FAILED
    async with world.worker():
        await world.service.resume(workflow_id)
        await world.assert_complete(workflow_id, 3)


@pytest.mark.parametrize("mirrored", [Status.RUNNING, Status.PAUSED])
async def test_an_operators_termination_is_resumed_although_nobody_noticed_it(world: World, mirrored: Status) -> None:
    """The mirror still says running or paused; resume looks for itself."""
    workflow_id = await world.start(2)
    await save(world.states, workflow_id, 0, status=mirrored)
    await world.handle(workflow_id).terminate()
    await world.service.resume(workflow_id)
    assert (await world.handle(workflow_id).describe()).status is WorkflowExecutionStatus.RUNNING
    assert (await world.service.status(workflow_id)).status is Status.RUNNING


async def test_a_living_run_whose_row_was_closed_by_mistake_goes_on(world: World) -> None:
    """Somebody asked the wrong server and took the run for lost: resume finds it alive and starts no second one."""
    workflow_id = await world.start(2)
    before = (await world.handle(workflow_id).describe()).run_id
    await world.states.mark_failed(workflow_id, "lost")
    assert (await world.service.resume(workflow_id)).status is Status.RUNNING
    assert (await world.handle(workflow_id).describe()).run_id == before
    async with world.worker():
        assert (await world.until_status(workflow_id, Status.COMPLETED, Status.FAILED)).completed == 2


async def test_a_living_run_that_was_resumed_is_not_taken_for_one_that_never_started(world: World) -> None:
    """Its row says `running` again, and whoever looks at it finds it open, although it tells nothing for long."""
    workflow_id = await world.start(2)
    await world.states.mark_failed(workflow_id, "lost")
    await world.service.resume(workflow_id)
    row = await world.states.load(workflow_id)
    assert row is not None
    assert (await look(world.temporal, row, rpc_timeout=timedelta(seconds=3))).finding is Finding.OPEN


@pytest.mark.parametrize("ended", [Status.FAILED, Status.CANCELLED])
async def test_a_run_that_told_its_end_and_has_not_closed_cannot_be_resumed_yet(world: World, ended: Status) -> None:
    """Its worker died in between, and no other run can start beside it: ask again, which is no promise."""
    workflow_id = await world.start(2)
    run_id = await _run_id(world, workflow_id)
    await save(world.states, workflow_id, 1, run_id=run_id, status=ended, current_node=FINISH)
    impatient = GenerationService(world.settings, world.states, world.quizzes, world.connect, acknowledge=0.2)
    with pytest.raises(TemporalUnavailable, match="still ending"):
        await impatient.resume(workflow_id)
    assert (await world.service.status(workflow_id)).status is ended
    await world.handle(workflow_id).terminate("what its last task would have done")
    async with world.worker():
        assert (await impatient.resume(workflow_id)).status is Status.RUNNING
        await world.assert_complete(workflow_id, 2)


@pytest.mark.parametrize("row", [Status.RUNNING, Status.PAUSED, Status.CANCELLED])
async def test_a_run_that_was_asked_to_end_cannot_be_resumed_yet(world: World, row: Status) -> None:
    """No worker has heard of the cancel, or the row is of the run before: it would end for all that."""
    workflow_id = await world.start(2)
    await save(world.states, workflow_id, 1, status=row)
    await world.handle(workflow_id).cancel()
    impatient = GenerationService(world.settings, world.states, world.quizzes, world.connect, acknowledge=0.2)
    with pytest.raises(TemporalUnavailable, match="still ending"):
        await impatient.ensure_running(workflow_id)
    async with world.worker():
        await world.until_closed(workflow_id)
        assert (await world.service.status(workflow_id)).status is Status.CANCELLED
        await world.service.resume(workflow_id)
        await world.assert_complete(workflow_id, 2)


async def test_a_resume_of_a_run_that_ends_at_that_moment_begins_another(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run was open when it was looked at, and gone when the signal came: the second look tells."""
    workflow_id = await world.start(2)
    await save(world.states, workflow_id, 0, status=Status.PAUSED)
    signal = Temporal.signal

    async def terminated_before(self: Temporal, workflow_id: str, name: str) -> None:
        with suppress(RPCError):  # the second time there is nothing to end
            await world.handle(workflow_id).terminate("now")
        await signal(self, workflow_id, name)

    monkeypatch.setattr(Temporal, "signal", terminated_before)
    assert (await world.service.resume(workflow_id)).status is Status.RUNNING
    async with world.worker():
        await world.assert_complete(workflow_id, 2)


@pytest.mark.parametrize("fresh", [False, True])
async def test_a_resume_whose_start_got_no_answer_is_the_same_the_next_time(world: World, fresh: bool) -> None:
    """Whether stored answers are read, or new ones asked for, goes by how the run ended, not by the start after it."""
    workflow_id = await world.start(2)
    run_id = await _run_id(world, workflow_id)
    await world.handle(workflow_id).terminate("for the test")
    await save(world.states, workflow_id, 1, run_id=run_id, status=Status.CANCELLED, current_node=FINISH)
    await world.states.reopen(workflow_id, ended_run=run_id, fresh_attempts=fresh)
    await world.states.start_unanswered(workflow_id, "Temporal did not answer")
    await world.service.resume(workflow_id)
    row = await world.states.load(workflow_id)
    assert row is not None and row.state_data["fresh_attempts"] is fresh


async def test_what_was_in_the_way_and_has_just_ended_is_asked_about_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the refusal and the look for its reason: nothing was resumed, and it is not told as if it were."""
    quiz = await world.quiz()
    workflow_id = await world.service.generate(quiz, GenerationRequest(2))
    await world.handle(workflow_id).terminate("for the test")
    await world.service.reconcile(workflow_id)
    await world.service.generate(quiz, GenerationRequest(2))

    async def none(*_: object) -> None:
        return None

    monkeypatch.setattr(WorkflowStateStore, "active", none)
    with pytest.raises(TemporalUnavailable):
        await world.service.resume(workflow_id)


async def test_another_active_generation_is_in_the_way(world: World) -> None:
    """The ended one stays as it ended."""
    quiz = await world.quiz()
    workflow_id = await world.service.generate(quiz, GenerationRequest(2))
    await world.handle(workflow_id).terminate()
    await world.service.reconcile(workflow_id)
    await world.service.generate(quiz, GenerationRequest(2))
    with pytest.raises(NotPossible, match="another active generation"):
        await world.service.resume(workflow_id)
    assert (await world.service.status(workflow_id)).status is Status.FAILED


@pytest.mark.parametrize("status", [Status.PAUSED, Status.FAILED, Status.CANCELLED])
async def test_without_temporal_nothing_is_claimed(world: World, status: Status) -> None:
    """The generation can be resumed again when Temporal is back."""
    quiz = await world.quiz()
    options = asdict(GenerationOptions(str(quiz.id), str(quiz.owner_id), 20, "demo-model"))
    workflow_id = await make_generation(world.states, quiz, state_data={"options": options})
    await save(world.states, workflow_id, 1, status=status)
    async with asyncio.timeout(8):
        with pytest.raises(TemporalUnavailable):
            await without_temporal(world).resume(workflow_id)
    assert (await world.service.status(workflow_id)).can_resume


async def test_an_unknown_generation_is_told(world: World) -> None:
    """For every operation."""
    for operation in (world.service.resume, world.service.pause, world.service.cancel, world.service.status):
        with pytest.raises(UnknownGeneration):
            await operation("mcq_x_1")


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.FAILED])
async def test_what_ended_is_neither_paused_nor_cancelled(world: World, status: Status) -> None:
    """The message says how it ended."""
    workflow_id = await make_generation(world.states, await world.quiz(), status=status)
    for operation in (world.service.pause, world.service.cancel):
        with pytest.raises(NotPossible, match=f"the generation is {status}"):
            await operation(workflow_id)


async def test_a_cancellation_is_idempotent(world: World) -> None:
    """Who cancels twice hears the same."""
    workflow_id = await make_generation(world.states, await world.quiz(), status=Status.CANCELLED)
    assert (await world.service.cancel(workflow_id)).status is Status.CANCELLED
