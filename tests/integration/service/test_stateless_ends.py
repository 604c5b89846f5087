"""Without workflow persistence: a generation ends with its process, keeps what it made, and frees its quiz."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from domain.statuses import Status
from service.errors import NotPossible
from service.requests import GenerationRequest
from service.stateless import PROCESS_ENDED
from storage.stateless import ProcessStore, is_stateless, new_run_id
from tests.integration.service.processes import Process, occupied, process, until_ended, until_no_generation_runs
from tests.integration.storage.made import make_generation, save
from tests.support.waiting import until
from tests.support.world import World

# Three are made, the others wait for a model that says nothing.
STALLED = "/[345]/"


async def _half_way(world: World, one: Process) -> str:
    """A generation of six of which three are done and three in flight."""
    world.demo.fault("stall", match=STALLED)
    workflow_id = await one.service.generate(await world.quiz(), GenerationRequest(6, window=3))
    await until(lambda: one.service.status(workflow_id), lambda status: status.completed == 3)
    await world.until_calls(workflow_id, 6)
    return workflow_id


async def _kept(world: World, workflow_id: str) -> list[int]:
    return [question.slot for question in await world.states.questions(workflow_id)]


async def test_cancel_keeps_the_finished_questions(world: World) -> None:
    """The task ends, the row says cancelled; a second cancel tells the same, and the quiz can be asked again."""
    async with process(world) as one:
        workflow_id = await _half_way(world, one)
        cancelled = await one.service.cancel(workflow_id)
        await until_no_generation_runs()
        assert (cancelled.status, cancelled.completed, cancelled.can_resume) == (Status.CANCELLED, 3, False)
        assert await _kept(world, workflow_id) == [0, 1, 2]
        assert await one.service.cancel(workflow_id) == cancelled
        world.demo.clear_faults()
        quiz = await world.quizzes.load(cancelled.quiz_id)
        assert quiz is not None
        second = await one.service.generate(quiz, GenerationRequest(3))
        await world.assert_complete(second, 3)


async def test_what_ended_otherwise_cannot_be_cancelled(world: World) -> None:
    """It says how it ended."""
    async with process(world) as one:
        workflow_id = await one.service.generate(await world.quiz(), GenerationRequest(1))
        await world.assert_complete(workflow_id, 1)
        with pytest.raises(NotPossible, match="completed already"):
            await one.service.cancel(workflow_id)


async def test_a_generation_of_another_process_is_cancelled_for_good(world: World) -> None:
    """Its row is closed; the process that writes it finds that with its next question and does not open it again."""
    async with process(world) as one, process(world) as other:
        world.demo.fault("overloaded", retry_after=0.5)
        workflow_id = await one.service.generate(await world.quiz(), GenerationRequest(2))
        await world.until_calls(workflow_id, 2)
        assert (await other.service.cancel(workflow_id)).status is Status.CANCELLED
        world.demo.clear_faults()
        await until_no_generation_runs()
        assert (await other.service.status(workflow_id)).status is Status.CANCELLED
        assert await _kept(world, workflow_id) == []


async def test_an_open_row_that_no_process_writes_is_cancelled(world: World) -> None:
    """Also one that the durable service left: otherwise its quiz could not be asked before Temporal is back."""
    quiz = await world.quiz()
    workflow_id = await make_generation(world.states, quiz)
    async with process(world) as one:
        assert (await one.service.cancel(workflow_id)).status is Status.CANCELLED
    assert not await occupied(world, quiz)


async def test_the_end_of_the_process_closes_its_generations(world: World) -> None:
    """Failed, with the reason and the setting that keeps generations; the finished questions are kept."""
    async with process(world) as one:
        workflow_id = await _half_way(world, one)
    await until_no_generation_runs()
    status = await world.service.status(workflow_id)
    assert (status.status, status.error, status.completed) == (Status.FAILED, PROCESS_ENDED, 3)
    assert await _kept(world, workflow_id) == [0, 1, 2]


async def test_a_generation_that_has_not_begun_is_closed_too(world: World) -> None:
    """The process ends right after the start was answered: no call is made, and the quiz is free."""
    async with process(world) as one:
        workflow_id = await one.service.generate(await world.quiz(), GenerationRequest(2))
    status = await world.service.status(workflow_id)
    assert (status.status, status.error, status.completed) == (Status.FAILED, PROCESS_ENDED, 0)
    assert world.demo.calls(workflow_id) == []


async def test_the_next_process_closes_what_a_killed_one_left(world: World) -> None:
    """With every question that was finished before the kill."""
    async with process(world) as killed:
        workflow_id = await _half_way(world, killed)
        await killed.kill()
        assert (await world.service.status(workflow_id)).status is Status.RUNNING
        async with process(world) as one:
            status = await one.service.status(workflow_id)
    assert (status.status, status.error, status.completed) == (Status.FAILED, PROCESS_ENDED, 3)
    assert await _kept(world, workflow_id) == [0, 1, 2]


async def test_a_start_touches_nothing_of_others(world: World) -> None:
    """Rows of the durable service, begun or not, and of a process that is at work, stay as they are."""
    begun = await make_generation(world.states, await world.quiz())
    await save(world.states, begun, 1)
    not_begun = await make_generation(world.states, await world.quiz())
    async with process(world) as busy:
        world.demo.fault("stall")
        at_work = await busy.service.generate(await world.quiz(), GenerationRequest(2))
        async with process(world) as one:
            for workflow_id in (begun, not_begun, at_work):
                await one.service.reconcile(workflow_id)
                assert (await one.service.status(workflow_id)).status is Status.RUNNING


async def test_the_reconciler_closes_what_a_killed_process_left(world: World) -> None:
    """Nobody has to restart the process that is left."""
    async with process(world) as one, process(world) as killed:
        workflow_id = await _half_way(world, killed)
        await one.service.reconcile(workflow_id)
        assert (await one.service.status(workflow_id)).status is Status.RUNNING
        await killed.kill()
        await one.service.reconcile(workflow_id)
        assert (await one.service.status(workflow_id)).error == PROCESS_ENDED


async def test_the_row_belongs_to_its_process_from_the_first_moment(world: World) -> None:
    """So that nobody takes it for a start that Temporal missed, and starts a workflow beside the task."""
    async with process(world) as one:
        world.demo.fault("stall")
        workflow_id = await one.service.generate(await world.quiz(), GenerationRequest(1))
        row = await world.states.load(workflow_id)
    assert row is not None and is_stateless(row.run_id)


async def test_the_durable_service_goes_on_where_a_process_ended(world: World) -> None:
    """The way back: with workflow persistence a resume keeps every question and writes the missing ones."""
    async with process(world) as one:
        workflow_id = await _half_way(world, one)
    kept = {question.id: question.created_at for question in await world.states.questions(workflow_id)}
    world.demo.clear_faults()
    async with world.worker():
        await world.service.resume(workflow_id)
        await world.assert_complete(workflow_id, 6)
    finished = {question.id: question.created_at for question in await world.states.questions(workflow_id)}
    assert kept.items() <= finished.items()


async def test_a_deleted_generation_is_dropped(world: World) -> None:
    """Nobody waits for it; the process goes on with others."""
    async with process(world) as one:
        world.demo.fault("overloaded", retry_after=0.5)
        workflow_id = await one.service.generate(await world.quiz(), GenerationRequest(2))
        await world.until_calls(workflow_id, 2)
        await world.states.delete(workflow_id)
        world.demo.clear_faults()
        await until_no_generation_runs()
        second = await one.service.generate(await world.quiz(), GenerationRequest(1))
        assert (await until_ended(one.service, second)).status is Status.COMPLETED


async def test_a_start_while_the_database_is_away_is_made_up_for(world: World) -> None:
    """The process starts all the same, and closes what a killed one left as soon as PostgreSQL is back."""

    class Processes(ProcessStore):
        """Cannot be reached at first."""

        failures = 2

        async def hold(self, run_id: str) -> None:
            if self.failures:
                self.failures -= 1
                raise OperationalError("SELECT 1", None, Exception("the server closed the connection"))
            await super().hold(run_id)

    workflow_id = await make_generation(world.states, await world.quiz(), run_id=new_run_id())
    parts = {"processes": Processes(world.engine)}
    async with process(world, parts=parts, reconcile_interval=0.1) as one:
        assert (await until_ended(one.service, workflow_id)).error == PROCESS_ENDED


async def test_the_lock_of_a_process_is_taken_again(world: World) -> None:
    """PostgreSQL restarted: to other processes it must not look dead for long."""
    async with process(world, reconcile_interval=0.1) as one:
        store, run_id = ProcessStore(world.engine), one.service.run_id
        assert await store.lives(run_id)
        async with world.engine.begin() as connection:
            ended = await connection.scalar(
                text(
                    "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_locks "
                    "WHERE locktype = 'advisory' AND granted AND database = "
                    "(SELECT oid FROM pg_database WHERE datname = current_database())"
                )
            )
        assert ended == 1

        await until(lambda: store.lives(run_id))
    await until(lambda: store.lives(run_id), lambda alive: not alive)
