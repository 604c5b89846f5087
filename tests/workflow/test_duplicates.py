"""No quiz asks the same thing twice."""

from domain.similarity import near_duplicate
from storage.quizzes import NewDocument
from tests.support.content import sample_chapter
from tests.support.world import World
from tests.workflow.history import inputs_of


async def test_of_two_slots_with_the_same_question_one_is_sent_back(world: World) -> None:
    """Two documents say the same, so two slots get the same stem; the second is told which question exists already."""
    chapter = sample_chapter()
    section = chapter.text[: chapter.text.index("## The Boundary of the Cell")]
    again = NewDocument("again.md", "The same again", section + "\n\nThis is the end of it.\n")
    quiz = await world.quiz(NewDocument("once.md", "Once", section), again)
    workflow_id = await world.start(8, quiz=quiz, workflow_window=8)
    async with world.worker():
        await world.assert_complete(workflow_id, 8)
        problems = [
            problem
            for given in await inputs_of(world, workflow_id, "question.revise")
            for problem in given["problems"]
            if problem.startswith("The quiz already asks")
        ]
    assert problems
    stems = [question.stem for question in await world.service.questions(workflow_id)]
    assert all(near_duplicate(stem, stems[:index]) is None for index, stem in enumerate(stems))
