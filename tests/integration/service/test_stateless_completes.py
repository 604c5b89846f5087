"""Without workflow persistence: the same questions, rows and events, from a task of this process."""

import pytest

from domain.statuses import Status
from service.errors import ActiveGeneration, KeyReused, NotPossible, NotSupported, UnknownGeneration
from service.requests import GenerationRequest
from storage.snapshots import EventType
from tests.integration.service.processes import process, until_ended
from tests.support.world import World
from tests.workflow.ledger import of_slot, paid_twice


async def test_ten_questions_complete(world: World) -> None:
    """Slots 0 to 9 once each, no stem twice, none paid twice; status and events as the durable service tells them."""
    async with process(world) as one:
        quiz = await world.quiz()
        workflow_id = await one.service.generate(quiz, GenerationRequest(10))
        await world.assert_complete(workflow_id, 10)
        status = await one.service.status(workflow_id)
    assert (status.percentage, status.current_node, status.in_flight) == (100.0, "finish", 0)
    calls = world.demo.calls(workflow_id)
    assert status.calls == len(calls) and paid_twice(calls) == []
    events = await world.states.events(workflow_id)
    assert [event.sequence for event in events] == sorted({event.sequence for event in events})
    assert events[-1].event_type == EventType.COMPLETED
    assert sorted(slot for event in events for slot in event.event_data["slots"]) == list(range(10))


async def test_flawed_and_unreadable_answers_are_sent_back(world: World) -> None:
    """The same graph and the same judgement: an answer that cannot be used is followed by a revision."""
    async with process(world) as one:
        world.demo.fault("malformed", times=1, match="/0/draft/")
        world.demo.fault("flawed", times=1, match="/1/draft/")
        workflow_id = await one.service.generate(await world.quiz(), GenerationRequest(3))
        status = await world.assert_complete(workflow_id, 3)
    assert (status.revised, status.rejected) == (2, 2)
    assert len(of_slot(world.demo.calls(workflow_id), 0)) == 2


async def test_when_the_content_gives_no_more_it_fails_with_the_count(world: World) -> None:
    """`wrote k of N`, and the finished questions are kept."""
    async with process(world) as one:
        world.demo.fault("refusal", match="/1/")
        quiz = await world.quiz()
        workflow_id = await one.service.generate(quiz, GenerationRequest(4))
        failed = await until_ended(one.service, workflow_id)
        kept = await one.service.questions(workflow_id)
    assert (failed.status, failed.completed) == (Status.FAILED, 3)
    assert failed.error is not None and failed.error.startswith("wrote 3 of 4 questions")
    assert [question.slot for question in kept] == [0, 2, 3]


async def test_a_quiz_without_content_fails_with_the_reason(world: World) -> None:
    """As a failure of the generation, not of the process."""
    async with process(world) as one:
        quiz = await world.quiz()
        async with world.engine.begin() as connection:
            await connection.exec_driver_sql("DELETE FROM source_document")
        workflow_id = await one.service.generate(quiz, GenerationRequest(2))
        failed = await until_ended(one.service, workflow_id)
    assert (failed.status, failed.error) == (Status.FAILED, "the quiz has no content to ask about")


async def test_pause_and_resume_are_refused_with_what_to_do(world: World) -> None:
    """Before and after the end; the generation is not disturbed, and nothing counts as resumable."""
    async with process(world) as one:
        quiz = await world.quiz()
        world.demo.fault("refusal", match="/1/")
        workflow_id = await one.service.generate(quiz, GenerationRequest(2))
        for request in (one.service.pause, one.service.resume):
            with pytest.raises(NotSupported, match="ENABLE_WORKFLOW_PERSISTENCE"):
                await request(workflow_id)
            with pytest.raises(UnknownGeneration):
                await request("mcq_unknown")
        status = await until_ended(one.service, workflow_id)
        assert (status.status, status.can_resume) == (Status.FAILED, False)
        with pytest.raises(NotSupported, match="generate again"):
            await one.service.resume(workflow_id)
        assert await one.service.list_resumable(quiz.id) == []
        assert await one.service.newest(quiz.owner_id, 5) == [status]


async def test_what_is_asked_again_is_asked_for_anew(world: World) -> None:
    """There is none to resume, so a second generation begins, and repeats no question of the first."""
    async with process(world) as one:
        quiz = await world.quiz()
        first = await one.service.resume_or_generate(quiz, GenerationRequest(3))
        assert (await one.service.ensure_running(first)).status is Status.RUNNING
        await world.assert_complete(first, 3)
        with pytest.raises(NotSupported):
            await one.service.ensure_running(first)
        second = await one.service.resume_or_generate(quiz, GenerationRequest(3))
        await world.assert_complete(second, 3)
        stems = [question.stem for id_ in (first, second) for question in await one.service.questions(id_)]
    assert len(set(stems)) == 6


async def test_a_busy_quiz_names_its_generation(world: World) -> None:
    """One active generation a quiz, whoever writes it."""
    async with process(world) as one:
        quiz = await world.quiz()
        world.demo.fault("stall")
        active = await one.service.generate(quiz, GenerationRequest(2))
        with pytest.raises(ActiveGeneration, match=active):
            await one.service.generate(quiz, GenerationRequest(2))
        with pytest.raises(NotPossible, match="ask for 1 to"):
            await one.service.generate(quiz, GenerationRequest(0))


async def test_a_repeated_request_is_one_generation(world: World) -> None:
    """The Idempotency-Key finds the first one, running or ended; with another request it is refused."""
    async with process(world) as one:
        quiz = await world.quiz()
        first = await one.service.generate(quiz, GenerationRequest(2), idempotency_key="k")
        assert await one.service.generate(quiz, GenerationRequest(2), idempotency_key="k") == first
        await world.assert_complete(first, 2)
        assert await one.service.generate(quiz, GenerationRequest(2), idempotency_key="k") == first
        with pytest.raises(KeyReused):
            await one.service.generate(quiz, GenerationRequest(3), idempotency_key="k")


async def test_a_question_is_replaced(world: World) -> None:
    """On the same chunk, as hard, on the same Bloom level, with another stem."""
    async with process(world) as one:
        quiz = await world.quiz()
        first = await one.service.generate(quiz, GenerationRequest(3))
        await world.assert_complete(first, 3)
        old = (await one.service.questions(first))[1]
        second = await one.service.generate(quiz, GenerationRequest(1, replaces=old.id))
        await world.assert_complete(second, 1)
        (new,) = await one.service.questions(second)
    assert (new.source["chunk"], new.difficulty, new.bloom) == (old.source["chunk"], old.difficulty, old.bloom)
    assert new.stem != old.stem
