"""No quiz asks the same thing twice."""

from domain.similarity import near_duplicate
from storage.quizzes import NewDocument
from tests.support.world import World
from tests.workflow.history import inputs_of

# One paragraph, one question on it; long enough to be a chunk.
PARAGRAPH = """# {title}

The mitochondrion is the organelle that produces most of the chemical energy of the cell. It has two membranes, and the
inner one is folded into cristae, which give it a large surface. Biologists have studied this organelle since the
nineteenth century, and they are still finding out how it came to live in our cells.
"""


async def test_of_two_slots_with_the_same_question_one_is_sent_back(world: World) -> None:
    """Two documents say the same, so two slots get the same stem; the second is told which question exists already."""
    documents = [NewDocument(f"{title}.md", title, PARAGRAPH.format(title=title)) for title in ("One", "Two")]
    workflow_id = await world.start(2, quiz=await world.quiz(*documents))
    async with world.worker():
        await world.assert_complete(workflow_id, 2)
        revised = await inputs_of(world, workflow_id, "question.revise")
    drafts = [await world.calls.find(workflow_id, slot, "draft", 0) for slot in (0, 1)]
    first, second = (draft.question["stem"] for draft in drafts if draft and draft.question)
    assert near_duplicate(first, [second])
    kept = 1 - revised[0]["slot"]
    stems = [question.stem for question in await world.service.questions(workflow_id)]
    assert stems[kept] == (first, second)[kept]
    assert f'The quiz already asks "{stems[kept]}"; ask about something else.' in revised[0]["problems"]
    assert near_duplicate(stems[0], stems[1:]) is None
