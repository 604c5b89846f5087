"""The reconciler: what operators do with the CLI shows in the mirror, with who did it; nothing is made up."""

import json
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from temporalio.client import WorkflowExecutionStatus

from domain.statuses import Status
from service.deeds import RunDeeds
from service.errors import TemporalUnavailable
from service.reconciler import NEVER_STARTED, Reconciler
from service.requests import GenerationRequest, options_of
from service.temporal import Temporal
from storage.reconciling import Kind, ReconcilerStore
from storage.snapshots import UNANSWERED
from tests.integration.service.unreachable import nowhere, without_temporal
from tests.integration.storage.made import make_generation, save
from tests.support.waiting import until
from tests.support.world import World
from workflows.messages import WORKFLOW_TYPE
from workflows.state import GenerationInput


def _reconciler(world: World) -> Reconciler:
    return Reconciler(world.engine, world.connect, world.settings)


async def _age(world: World, workflow_id: str, by: timedelta = timedelta(minutes=1)) -> None:
    """Let the row look as if nothing was heard of it for a while."""
    statement = text("UPDATE workflow_state SET updated_at = updated_at - :by WHERE workflow_id = :id")
    async with world.engine.begin() as connection:
        await connection.execute(statement, {"by": by, "id": workflow_id})


async def _last_event(world: World, workflow_id: str) -> dict[str, Any]:
    return (await world.states.events(workflow_id))[-1].event_data


async def test_a_termination_shows_with_who_and_why(world: World) -> None:
    """No workflow code runs at a termination; the next pass tells it, and the event names the operator's reason."""
    workflow_id = await world.start(2)
    await world.handle(workflow_id).terminate(reason="wrong chapter")

    async def looked() -> Status:
        await _reconciler(world).look_once()
        return (await world.service.status(workflow_id)).status

    assert await until(looked, lambda status: status is Status.FAILED) is Status.FAILED
    status = await world.service.status(workflow_id)
    assert "terminated by an operator (wrong chapter)" in (status.error or "") and status.can_resume
    event = await _last_event(world, workflow_id)
    assert event["action"] == "terminate" and event["by"] and event["by_reason"] == "wrong chapter"


async def test_a_time_out_shows(world: World) -> None:
    """Somebody started the run with one, for example with the CLI; no workflow code runs when it is over."""
    quiz = await world.quiz()
    options = options_of(quiz, GenerationRequest(2), world.settings)
    workflow_id = await make_generation(world.states, quiz, state_data={"options": asdict(options)})
    await world.temporal.start_workflow(
        WORKFLOW_TYPE,
        GenerationInput(options),
        id=workflow_id,
        task_queue=world.settings.task_queue,
        execution_timeout=timedelta(seconds=1),
    )

    async def looked() -> Status:
        await _reconciler(world).look_once()
        return (await world.service.status(workflow_id)).status

    await until(looked, lambda status: status is Status.FAILED)
    assert "time-out" in ((await world.service.status(workflow_id)).error or "")


async def test_a_row_that_went_on_meanwhile_is_left_alone(world: World) -> None:
    """Between the look at Temporal and the write a resume may have begun a new run: its row is not closed."""
    workflow_id = await world.start(2)
    before = await world.states.load(workflow_id)
    assert before is not None
    await save(world.states, workflow_id, 1)
    assert not await world.states.mark_failed(workflow_id, "gone", unless_changed=before.updated_at)
    assert (await world.service.status(workflow_id)).status is Status.RUNNING


async def test_without_temporal_nothing_changes(world: World) -> None:
    """An outage is no reason to call a generation failed."""
    workflow_id = await make_generation(world.states, await world.quiz())
    await _age(world, workflow_id)
    reconciler = Reconciler(world.engine, nowhere(), world.settings)
    with pytest.raises(TemporalUnavailable):
        await reconciler.look_once()
    assert (await world.service.status(workflow_id)).status is Status.RUNNING


async def test_a_start_that_never_happened_is_swept(world: World) -> None:
    """Its process died between the row and the workflow; a young one may still be on its way."""
    old = await make_generation(world.states, await world.quiz())
    young = await make_generation(world.states, await world.quiz())
    await _age(world, old)
    await _age(world, young, timedelta(seconds=5))
    await _reconciler(world).look_once()
    swept = await world.service.status(old)
    assert (swept.status, swept.error, swept.can_resume) == (Status.FAILED, NEVER_STARTED, True)
    assert (await world.service.status(young)).status is Status.RUNNING


async def test_those_that_wait_are_not_in_the_way_of_those_that_run(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many are paused, and for however long: a running one is looked at in the next pass."""
    monkeypatch.setattr("service.reconciler.MOST_LOOKS", 1)
    for _ in range(11):
        paused = await make_generation(world.states, await world.quiz(), status=Status.PAUSED)
        await _age(world, paused, timedelta(minutes=10))
    running = await make_generation(world.states, await world.quiz())
    await _age(world, running)
    await _reconciler(world).look_once()
    assert (await world.service.status(running)).error == NEVER_STARTED


async def test_rows_take_turns(world: World) -> None:
    """Each comes before any comes again, whatever came between, and none of another kind."""
    ids = set[str]()
    for status in (Status.RUNNING, Status.PAUSED, Status.RUNNING, Status.RUNNING, Status.COMPLETED, Status.RUNNING):
        workflow_id = await make_generation(world.states, await world.quiz())
        await save(world.states, workflow_id, 1, status=status)
        await _age(world, workflow_id)
        if status is Status.RUNNING:
            ids.add(workflow_id)
    store, seen, last = ReconcilerStore(world.engine), list[str](), None
    for _ in range(4):
        rows = await store.quiet(Kind.RUNNING, timedelta(seconds=3), 2, after=last)
        last = rows[-1].id
        seen += [row.workflow_id for row in rows]
    assert set(seen[:4]) == set(seen[4:]) == ids and len(seen) == 8
    (waiting,) = await store.quiet(Kind.WAITING, timedelta(seconds=3), 2)
    assert waiting.workflow_id not in ids


async def test_a_start_without_an_answer_that_arrived_is_shown_running(world: World) -> None:
    """The client heard of a failure; nobody has to ask again for the row to tell the truth."""
    quiz, request = await world.quiz(), GenerationRequest(2)
    with pytest.raises(TemporalUnavailable):
        await without_temporal(world).generate(quiz, request)
    row = await world.states.not_started(quiz.id)
    assert row is not None
    await world.start_workflow_of(row)
    await _age(world, row.workflow_id)
    await _reconciler(world).look_once()
    assert (await world.service.status(row.workflow_id)).status is Status.RUNNING


async def test_a_start_without_an_answer_whose_run_told_is_an_ordinary_one(world: World) -> None:
    """Its first snapshot settles the matter: a termination afterwards shows like any other."""
    quiz = await world.quiz()
    with pytest.raises(TemporalUnavailable):
        await without_temporal(world).generate(quiz, GenerationRequest(40))
    row = await world.states.not_started(quiz.id)
    assert row is not None
    await world.start_workflow_of(row)
    async with world.worker(workflow_window=1):
        await world.until_completed(row.workflow_id, 1)
        assert await world.states.not_started(quiz.id) is None
        await world.handle(row.workflow_id).terminate(reason="enough")

        async def looked() -> Status:
            await _reconciler(world).look_once()
            return (await world.service.status(row.workflow_id)).status

        await until(looked, lambda status: status is Status.FAILED)


async def test_an_orphan_of_an_unanswered_start_is_cancelled(world: World) -> None:
    """The quiz went on with another generation; nobody waits for the first one, and its questions would cost money."""
    quiz = await world.quiz()
    with pytest.raises(TemporalUnavailable):
        await without_temporal(world).generate(quiz, GenerationRequest(2))
    row = await world.states.not_started(quiz.id)
    assert row is not None
    other = await world.service.generate(quiz, GenerationRequest(3))
    await world.start_workflow_of(row)  # the start was delayed, not lost
    note = "UPDATE workflow_state SET state_data = state_data || CAST(:note AS jsonb) WHERE workflow_id = :id"
    async with world.engine.begin() as connection:  # as if nobody had asked Temporal yet
        await connection.execute(text(note), {"note": json.dumps({UNANSWERED: True}), "id": row.workflow_id})
    await _age(world, row.workflow_id)
    async with world.worker(workflow_window=1):
        await _reconciler(world).look_once()
        await world.until_closed(row.workflow_id)
    description = await world.handle(row.workflow_id).describe()
    assert description.status is WorkflowExecutionStatus.CANCELED
    assert (await world.service.status(other)).status in (Status.RUNNING, Status.COMPLETED)


async def test_no_worker_is_told(world: World) -> None:
    """The status says so and since when; it ends with the first sign of life."""
    workflow_id = await world.start(2)
    await _age(world, workflow_id)

    async def stalled() -> Any:
        await _reconciler(world).look_once()
        return (await world.service.status(workflow_id)).stalled

    told = await until(stalled)
    assert "no worker" in told.reason and told.attempt is None
    assert (await world.service.status(workflow_id)).eta is None
    async with world.worker():
        status = await world.assert_complete(workflow_id, 2)
    assert status.stalled is None


async def test_a_step_that_keeps_failing_is_told(world: World) -> None:
    """With its last failure and the attempt; here the quiz's content cannot be read."""
    quiz = await world.quiz()
    workflow_id = await world.service.generate(quiz, GenerationRequest(2))
    async with world.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE content_chunk RENAME TO content_chunk_gone"))
    async with world.worker():
        await world.until_progress(workflow_id, lambda progress: progress.current_node == "prepare_content")

        async def stalled() -> Any:
            await _age(world, workflow_id)
            await _reconciler(world).look_once()
            return (await world.service.status(workflow_id)).stalled

        told = await until(stalled, lambda one: one is not None and one.attempt is not None, 60)
        assert "prepare_content keeps failing" in told.reason and told.attempt > 3
        async with world.engine.begin() as connection:
            await connection.execute(text("ALTER TABLE content_chunk_gone RENAME TO content_chunk"))
        assert (await world.assert_complete(workflow_id, 2)).stalled is None


async def test_who_paused_resumed_and_cancelled_is_told(world: World) -> None:
    """Also when it was done with the CLI, past our service: history knows the identity."""
    workflow_id = await world.start(40)
    async with world.worker(workflow_window=1):
        await world.handle(workflow_id).signal("pause")
        await world.until_status(workflow_id, Status.PAUSED)
        await world.handle(workflow_id).signal("resume")
        await world.until_status(workflow_id, Status.RUNNING)
        await world.handle(workflow_id).cancel()
        await world.until_status(workflow_id, Status.CANCELLED)
    await _reconciler(world).look_once()
    events = [event.event_data for event in await world.states.events(workflow_id)]
    told = [(event["action"], bool(event["by"])) for event in events if event.get("action")]
    assert told == [("pause", True), ("resume", True), ("cancel", True)]


async def test_who_reset_is_told(world: World) -> None:
    """The new run takes the row over; the event of that says whose reset it was, and why."""
    workflow_id = await world.start(3)
    async with world.worker():
        await world.until_ended(workflow_id)
        await world.until_closed(workflow_id)
        run_id = await world.reset(workflow_id, reason="a new prompt")
        await world.until_run(workflow_id, run_id)
        await world.until_ended(workflow_id)
    await _reconciler(world).look_once()
    events = [event.event_data for event in await world.states.events(workflow_id)]
    (told,) = [event for event in events if event.get("action") == "reset"]
    assert told["by"] and "a new prompt" in told["by_reason"]


async def test_one_history_that_cannot_be_read_keeps_names_from_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest of all: the pass in which it is met ends there, the next ones see to the others first."""
    broken, other = await world.start(40), await world.start(40)
    async with world.worker(workflow_window=1):
        for workflow_id in (broken, other):
            await world.handle(workflow_id).signal("pause")
            await world.until_status(workflow_id, Status.PAUSED)
    read = Temporal.deeds

    async def read_others(self: Temporal, workflow_id: str, run_id: str) -> RunDeeds:
        if workflow_id == broken:
            raise TemporalUnavailable("its history cannot be read")
        return await read(self, workflow_id, run_id)

    async def who() -> list[Any]:
        return [(await _last_event(world, workflow_id)).get("action") for workflow_id in (broken, other)]

    reconciler = _reconciler(world)
    with monkeypatch.context() as patched:
        patched.setattr(Temporal, "deeds", read_others)
        for told in (None, "pause"):
            with pytest.raises(TemporalUnavailable, match="cannot be read"):
                await reconciler.look_once()
            assert await who() == [None, told]
    await reconciler.look_once()
    assert await who() == ["pause", "pause"]


async def test_a_termination_whose_history_cannot_be_read_shows_without_a_name(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may only be slow, so it is read once more; then the status must not wait for who it was."""
    workflow_id = await world.start(2)
    await world.handle(workflow_id).terminate(reason="wrong chapter")

    async def unreadable(*_: object) -> RunDeeds:
        raise TemporalUnavailable("its history cannot be read")

    monkeypatch.setattr(Temporal, "deeds", unreadable)
    await _age(world, workflow_id)
    reconciler = _reconciler(world)
    with pytest.raises(TemporalUnavailable, match="cannot be read"):
        await reconciler.look_once()
    assert (await world.service.status(workflow_id)).status is Status.RUNNING
    await reconciler.look_once()
    assert (await world.service.status(workflow_id)).status is Status.FAILED
    assert "by" not in await _last_event(world, workflow_id)


async def test_one_of_several_processes_leads(world: World) -> None:
    """Two running reconcilers do the work of one; when the leader ends, the other takes over."""
    first, second = _reconciler(world), _reconciler(world)
    async with second.running():
        async with first.running():
            ended = await world.start(2)
            await world.handle(ended).terminate("one")
            await world.until_status(ended, Status.FAILED)
        later = await world.start(2)
        await world.handle(later).terminate("two")
        await world.until_status(later, Status.FAILED)
    for workflow_id in (ended, later):
        events = [event.event_data for event in await world.states.events(workflow_id)]
        assert [event["status"] for event in events].count("failed") == 1
