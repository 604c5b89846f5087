"""What is not to be asked again on a chunk, and what a replacement keeps of the question it replaces."""

import uuid

from domain.question import question_id
from storage.model_calls import ModelCallStore, Replaced
from storage.quizzes import QuizStore
from storage.tables import Quiz
from storage.workflow_states import WorkflowStateStore
from tests.integration.storage.made import make_generation, pay, save


async def _finished(states: WorkflowStateStore, calls: ModelCallStore, quiz: Quiz, *slots: int) -> str:
    """A completed generation with these slots, all on chunk 1."""
    workflow_id = await make_generation(states, quiz)
    questions = await pay(calls, workflow_id, *slots)
    await save(states, workflow_id, 1, questions=questions)
    await states.mark_completed(workflow_id)
    return workflow_id


async def test_questions_of_the_quiz_are_avoided(
    states: WorkflowStateStore, calls: ModelCallStore, quizzes: QuizStore, quiz: Quiz
) -> None:
    """Those of its other generations on the same chunk, newest first, with the limit over all."""
    await _finished(states, calls, quiz, 0, 1)
    workflow_id = await make_generation(states, quiz)
    await pay(calls, workflow_id, 5, 6)
    assert await calls.stems_on_chunk(workflow_id, 1, except_slot=6, limit=30) == [
        "What is 5 in answer 0?",
        "What is 1 in answer 0?",
        "What is 0 in answer 0?",
    ]
    assert len(await calls.stems_on_chunk(workflow_id, 1, except_slot=6, limit=2)) == 2
    assert await calls.stems_on_chunk(workflow_id, 2, except_slot=6, limit=30) == []


async def test_a_finished_slot_of_the_same_generation_is_avoided_once(
    states: WorkflowStateStore, calls: ModelCallStore, quiz: Quiz
) -> None:
    """It is among the stored answers and among the questions; its own slot may ask it again."""
    workflow_id = await _finished(states, calls, quiz, 0)
    assert await calls.stems_on_chunk(workflow_id, 1, except_slot=1, limit=30) == ["What is 0 in answer 0?"]
    assert await calls.stems_on_chunk(workflow_id, 1, except_slot=0, limit=30) == []


async def test_questions_of_other_quizzes_are_not_avoided(
    states: WorkflowStateStore, calls: ModelCallStore, quizzes: QuizStore, quiz: Quiz
) -> None:
    """Chunks are of one quiz; a number that means a chunk elsewhere is no reason."""
    await _finished(states, calls, quiz, 0)
    other = await quizzes.create(Quiz(owner_id=quiz.owner_id, title="Another"), [])
    workflow_id = await make_generation(states, other)
    assert await calls.stems_on_chunk(workflow_id, 1, except_slot=0, limit=30) == []


async def test_what_a_replacement_keeps(
    states: WorkflowStateStore, calls: ModelCallStore, quizzes: QuizStore, quiz: Quiz
) -> None:
    """Chunk, difficulty and Bloom level; nothing for a question that is gone or of another quiz."""
    replaced = question_id(await _finished(states, calls, quiz, 0), 0)
    assert await calls.replaced(quiz.id, replaced) == Replaced(1, "easy", "remember", "What is 0 in answer 0?")
    assert await calls.replaced(quiz.id, uuid.uuid4()) is None
    other = await quizzes.create(Quiz(owner_id=quiz.owner_id, title="Another"), [])
    assert await calls.replaced(other.id, replaced) is None
