"""A question that is asked for in place of another."""

from domain.similarity import near_duplicate
from service.requests import GenerationRequest
from tests.support.world import World


async def test_a_replacement_is_like_the_old_question_and_asks_something_else(world: World) -> None:
    """Same chunk, difficulty and Bloom level; a stem that no question of the quiz has; the old one stays."""
    quiz = await world.quiz()
    first = await world.start(3, quiz=quiz)
    async with world.worker():
        await world.assert_complete(first, 3)
        made = await world.service.questions(first)
        old = made[1]
        second = await world.service.generate(quiz, GenerationRequest(1, replaces=old.id))
        await world.assert_complete(second, 1)
    (new,) = await world.service.questions(second)
    assert (new.source["chunk"], new.difficulty, new.bloom) == (old.source["chunk"], old.difficulty, old.bloom)
    assert new.id != old.id and near_duplicate(new.stem, [question.stem for question in made]) is None
    assert [question.stem for question in await world.service.questions(first)] == [one.stem for one in made]


async def test_a_replacement_is_told_what_the_chunk_was_asked_already(world: World) -> None:
    """The model is told before it writes; were it only rejected afterwards, each repetition would be paid for."""
    quiz = await world.quiz()
    first = await world.start(3, quiz=quiz)
    async with world.worker():
        await world.assert_complete(first, 3)
        old = (await world.service.questions(first))[1]
        second = await world.service.generate(quiz, GenerationRequest(1, replaces=old.id))
        await world.assert_complete(second, 1)
    avoided = await world.calls.stems_on_chunk(second, old.source["chunk"], except_slot=0, limit=30)
    assert old.stem in avoided
    assert len(world.demo.calls(second)) == 1  # nothing was sent back


async def test_a_replacement_whose_question_is_gone_is_an_ordinary_question(world: World) -> None:
    """Somebody deleted it meanwhile; the teacher gets a question all the same."""
    quiz = await world.quiz()
    first = await world.start(1, quiz=quiz)
    async with world.worker():
        await world.assert_complete(first, 1)
        old = (await world.service.questions(first))[0]
        await world.states.delete(first)
        second = await world.service.generate(quiz, GenerationRequest(1, replaces=old.id))
        await world.assert_complete(second, 1)


async def test_a_chunk_that_gives_no_more_hands_the_slot_on(world: World) -> None:
    """The teacher gets a question all the same: from other content, as hard and on the same Bloom level."""
    quiz = await world.quiz()
    first = await world.start(3, quiz=quiz)
    async with world.worker():
        await world.assert_complete(first, 3)
        old = (await world.service.questions(first))[1]
        world.demo.fault("malformed", times=world.settings.workflow_max_retries)
        second = await world.service.generate(quiz, GenerationRequest(1, replaces=old.id))
        await world.assert_complete(second, 1)
    (new,) = await world.service.questions(second)
    assert new.source["chunk"] != old.source["chunk"]
    assert (new.difficulty, new.bloom) == (old.difficulty, old.bloom)
