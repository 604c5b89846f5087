"""Without workflow persistence: what passes is waited out, what does not ends the generation with the reason."""

import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError, ProgrammingError
from structlog.testing import capture_logs

from domain.statuses import Status
from model.client import ModelClient, Reply
from service.requests import GenerationRequest
from storage.model_calls import ModelCallStore
from storage.snapshots import Fence, StateWrite
from storage.tables import ModelCall
from storage.workflow_states import WorkflowStateStore
from tests.integration.service.processes import client_of, occupied, process, until_ended, until_no_generation_runs
from tests.integration.storage.made import answer
from tests.support.waiting import until
from tests.support.world import World
from tests.workflow.ledger import of_slot, paid_twice, time_of, try_of

SECRET = "what the course says"
AWAY = OperationalError("SELECT 1", None, Exception("the server closed the connection"))


async def test_an_outage_is_waited_out_and_shown(world: World) -> None:
    """Each try is told from the next, none comes before its Retry-After, and the wait is seen while it lasts."""
    async with process(world) as one:
        world.demo.fault("overloaded", retry_after=0.6, match="/0/")
        workflow_id = await one.service.generate(await world.quiz(), GenerationRequest(2))
        waiting = await until(lambda: one.service.status(workflow_id), lambda status: status.waiting is not None)
        assert waiting.waiting is not None and "overloaded (503)" in waiting.waiting.reason
        await world.until_calls(workflow_id, 4)
        world.demo.clear_faults()
        status = await world.assert_complete(workflow_id, 2)
    calls = of_slot(world.demo.calls(workflow_id), 0)
    assert [try_of(call) for call in calls] == list(range(1, len(calls) + 1))
    times = [time_of(call).timestamp() for call in calls]
    assert all(later - earlier >= 0.55 for earlier, later in itertools.pairwise(times))
    assert status.waiting is None and paid_twice(world.demo.calls(workflow_id)) == []


async def test_an_outage_longer_than_our_patience_fails_with_the_reason(world: World) -> None:
    """It cannot pause. What was made is kept, and the reason says what to do."""
    async with process(world, workflow_outage_patience=0.6, workflow_window=1) as one:
        world.demo.fault("overloaded", retry_after=0.2, match="/1/")
        workflow_id = await one.service.generate(await world.quiz(), GenerationRequest(3))
        failed = await until_ended(one.service, workflow_id)
    assert (failed.status, failed.completed, failed.waiting) == (Status.FAILED, 1, None)
    assert failed.error is not None and "overloaded (503)" in failed.error and "generate again" in failed.error
    assert len(of_slot(world.demo.calls(workflow_id), 1)) >= 2
    assert await world.states.waits(workflow_id) == []


@pytest.mark.parametrize(("kind", "told"), [("unauthorized", "OPENAI_API_KEY"), ("quota", "quota")])
async def test_a_refusal_fails_with_the_reason_and_without_a_storm(world: World, kind: str, told: str) -> None:
    """At most one call a slot of the window; what was made is kept."""
    async with process(world, workflow_window=2) as one:
        world.demo.fault(kind, match="/[2-9]/")
        workflow_id = await one.service.generate(await world.quiz(), GenerationRequest(8))
        failed = await until_ended(one.service, workflow_id)
    assert (failed.status, failed.completed, failed.can_resume) == (Status.FAILED, 2, False)
    assert failed.error is not None and told in failed.error
    refused = [call for call in world.demo.calls(workflow_id) if call["outcome"] == kind]
    assert 1 <= len(refused) <= 2


async def test_what_is_in_flight_at_a_refusal_is_kept(world: World) -> None:
    """A call that is on its way when another one is refused becomes a question: it is paid for."""

    class Held(ModelClient):
        """Holds slot 0's reply until slot 1 was refused."""

        async def ask(self, *args: Any, **kwargs: Any) -> Reply:
            reply = await super().ask(*args, **kwargs)
            workflow_id = kwargs["request_id"].split("/")[0]

            async def refused() -> bool:
                return any(call["outcome"] == "unauthorized" for call in world.demo.calls(workflow_id))

            await until(refused)
            return reply

    async with process(world, parts={"model": client_of(Held, world)}, workflow_window=2) as one:
        world.demo.fault("unauthorized", match="/1/")
        workflow_id = await one.service.generate(await world.quiz(), GenerationRequest(2))
        failed = await until_ended(one.service, workflow_id)
        assert [question.slot for question in await one.service.questions(workflow_id)] == [0]
    assert (failed.status, failed.completed) == (Status.FAILED, 1)


async def test_a_database_outage_delays_and_loses_nothing(world: World) -> None:
    """Reads and writes are tried again until PostgreSQL is back; no answer is paid twice for it."""

    class States(WorkflowStateStore):
        """Its first writes fail."""

        failures = 3

        async def save(self, *args: Any) -> Fence:
            if self.failures:
                self.failures -= 1
                raise AWAY
            return await super().save(*args)

    class Calls(ModelCallStore):
        """Its first looks and its first writes fail."""

        failures = 2
        unwritten = 2

        async def find(self, *args: Any) -> ModelCall | None:
            if self.failures:
                self.failures -= 1
                raise AWAY
            return await super().find(*args)

        async def record(self, call: ModelCall) -> ModelCall:
            if self.unwritten:
                self.unwritten -= 1
                raise AWAY
            return await super().record(call)

    parts = {"states": States(world.engine), "calls": Calls(world.engine)}
    async with process(world, parts=parts) as one:
        workflow_id = await one.service.generate(await world.quiz(), GenerationRequest(3))
        await world.assert_complete(workflow_id, 3)
    assert len(world.demo.calls(workflow_id)) == 3


async def test_what_another_run_stores_meanwhile_is_not_paid_again(world: World) -> None:
    """Its call was in flight when it was ended from outside; the look right before the next call finds its answer."""

    class Calls(ModelCallStore):
        """The first slot's answer comes while its prompt is gathered."""

        async def stems_on_chunk(self, workflow_id: str, chunk_id: int, *, except_slot: int, limit: int) -> list[str]:
            if except_slot == 0:
                await self.record(answer(workflow_id, 0, chunk_id=chunk_id, stem="Who was first?"))
            return await super().stems_on_chunk(workflow_id, chunk_id, except_slot=except_slot, limit=limit)

    async with process(world, parts={"calls": Calls(world.engine)}) as one:
        workflow_id = await one.service.generate(await world.quiz(), GenerationRequest(2))
        await world.assert_complete(workflow_id, 2)
        first, _ = await one.service.questions(workflow_id)
    assert first.stem == "Who was first?"
    assert of_slot(world.demo.calls(workflow_id), 0) == []


@pytest.mark.parametrize("error", [RuntimeError(SECRET), ProgrammingError(SECRET, None, Exception(SECRET))], ids=repr)
async def test_a_bug_ends_the_row_and_tells_no_content(world: World, error: Exception) -> None:
    """Whatever is raised: the row says failed, with a short reason; neither it nor the log holds the error's text."""

    class Broken(ModelClient):
        """Has a bug."""

        async def ask(self, *args: Any, **kwargs: Any) -> Reply:
            raise error

    with capture_logs() as logs:
        async with process(world, parts={"model": client_of(Broken, world)}) as one:
            quiz = await world.quiz()
            workflow_id = await one.service.generate(quiz, GenerationRequest(2))
            failed = await until_ended(one.service, workflow_id)
    assert failed.status is Status.FAILED and not await occupied(world, quiz)
    assert failed.error is not None and type(error).__name__ in failed.error and SECRET not in failed.error
    assert [log["workflow_id"] for log in logs if log["event"] == "generation_broke"] == [workflow_id]
    assert SECRET not in str(logs)


async def test_a_row_that_takes_no_snapshot_is_closed_as_it_is(world: World) -> None:
    """A bug in the write itself: the quiz is not occupied for ever by a generation that nobody writes."""

    class States(WorkflowStateStore):
        """Takes the first snapshot and no other."""

        taken = 0

        async def save(self, *args: Any) -> Fence:
            self.taken += 1
            if self.taken > 1:
                raise KeyError(SECRET)
            return await super().save(*args)

    async with process(world, parts={"states": States(world.engine)}) as one:
        quiz = await world.quiz()
        workflow_id = await one.service.generate(quiz, GenerationRequest(2))
        failed = await until_ended(one.service, workflow_id)
    assert failed.status is Status.FAILED and not await occupied(world, quiz)
    assert failed.error is not None and "KeyError" in failed.error and SECRET not in failed.error


async def test_a_write_whose_answer_was_lost_is_no_second_end(world: World) -> None:
    """PostgreSQL took the last snapshot and the connection broke: the next try finds the row closed by itself."""

    class States(WorkflowStateStore):
        """Loses the answer to every write that closes the row."""

        lost = 0

        async def save(self, write: StateWrite, is_current_run: Callable[[], Awaitable[bool]]) -> Fence:
            fence = await super().save(write, is_current_run)
            if not write.status.is_active and not self.lost:
                self.lost += 1
                raise AWAY
            return fence

    states = States(world.engine)
    with capture_logs() as logs:
        async with process(world, parts={"states": states}) as one:
            workflow_id = await one.service.generate(await world.quiz(), GenerationRequest(2))
            await world.assert_complete(workflow_id, 2)
            await until_no_generation_runs()
    assert states.lost == 1
    assert [log["status"] for log in logs if log["event"] == "generation_ended"] == [Status.COMPLETED]
