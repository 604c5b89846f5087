"""Edits, reviews and deletions beside the mirror: neither undoes the other, and none waits in a circle."""

import asyncio
import uuid

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.question import question_id
from domain.review import Decision, Edit, RejectionReason, ReviewStatus
from domain.statuses import Status
from storage.model_calls import ModelCallStore
from storage.questions import QuestionStore, Wanted, WritingGeneration
from storage.quizzes import QuizStore
from storage.tables import QuestionRow, Quiz
from storage.workflow_states import WorkflowStateStore
from tests.integration.storage.made import make_generation, pay, save

APPROVED = Decision(ReviewStatus.APPROVED)
REJECTED = Decision(ReviewStatus.REJECTED, RejectionReason.OTHER, "Not ours.")


@pytest.fixture
def questions(engine: AsyncEngine) -> QuestionStore:
    """The store of questions."""
    return QuestionStore(engine)


async def _finished(states: WorkflowStateStore, calls: ModelCallStore, quiz: Quiz, *slots: int) -> str:
    """A completed generation with these slots."""
    workflow_id = await make_generation(states, quiz)
    await save(states, workflow_id, 1, status=Status.COMPLETED, questions=await pay(calls, workflow_id, *slots))
    return workflow_id


async def _replacing(states: WorkflowStateStore, quiz: Quiz, replaced: uuid.UUID) -> str:
    """A generation of one question in the place of another."""
    return await make_generation(states, quiz, state_data={"options": {"replaces": str(replaced)}}, total_steps=1)


async def _load(questions: QuestionStore, quiz: Quiz, question: uuid.UUID) -> QuestionRow:
    row = await questions.load(quiz.id, question)
    assert row is not None
    return row


async def test_a_repeated_write_undoes_nothing(
    states: WorkflowStateStore, calls: ModelCallStore, questions: QuestionStore, quiz: Quiz
) -> None:
    """After a lost acknowledgement or a reset the same answer comes again: edit and review stand, to the last byte."""
    workflow_id = await make_generation(states, quiz)
    named = await pay(calls, workflow_id, 0)
    await save(states, workflow_id, 1, questions=named)
    question = question_id(workflow_id, 0)
    await questions.edit(quiz.id, question, Edit(stem="What is edited?"))
    await questions.decide(quiz.id, [question], REJECTED)
    before = (await _load(questions, quiz, question)).model_dump()
    await save(states, workflow_id, 2, questions=named)
    await save(states, workflow_id, 1, run_id="run-2", questions=named)
    assert (await _load(questions, quiz, question)).model_dump() == before


async def test_a_new_answer_is_nobodys_edit(
    states: WorkflowStateStore, calls: ModelCallStore, questions: QuestionStore, quiz: Quiz
) -> None:
    """After a reset the slot may be answered anew: reason, comment and the mark of an edit were of the old answer."""
    workflow_id = await make_generation(states, quiz)
    await save(states, workflow_id, 1, questions=await pay(calls, workflow_id, 0))
    question = question_id(workflow_id, 0)
    await questions.edit(quiz.id, question, Edit(stem="What is edited?"))
    await questions.decide(quiz.id, [question], REJECTED)
    await save(states, workflow_id, 1, run_id="run-2", questions=await pay(calls, workflow_id, 0, attempt=1))
    row = await _load(questions, quiz, question)
    assert (row.stem, row.review_status) == ("What is 0 in answer 1?", "unreviewed")
    assert (row.review_reason, row.review_comment, row.edited_at) == (None, None, None)


async def test_a_replacement_puts_the_old_one_away(
    states: WorkflowStateStore, calls: ModelCallStore, questions: QuestionStore, quiz: Quiz
) -> None:
    """With the write that brings the new one, not before; why it was rejected is kept."""
    old = question_id(await _finished(states, calls, quiz, 0), 0)
    await questions.decide(quiz.id, [old], REJECTED)
    workflow_id = await _replacing(states, quiz, old)
    await save(states, workflow_id, 1)
    assert (await _load(questions, quiz, old)).review_status == "rejected"
    await save(states, workflow_id, 2, questions=await pay(calls, workflow_id, 0))
    row = await _load(questions, quiz, old)
    assert (row.review_status, row.review_reason, row.review_comment) == ("replaced", "other", "Not ours.")
    (new,) = await questions.of_quiz(quiz.id, Wanted(), after=None, limit=10)
    assert (new.workflow_id, new.replaces_id) == (workflow_id, old)


async def test_a_repeated_write_does_not_put_away_again(
    states: WorkflowStateStore, calls: ModelCallStore, questions: QuestionStore, quiz: Quiz
) -> None:
    """A teacher who brought the old one back has the last word over a mirror that repeats itself."""
    old = question_id(await _finished(states, calls, quiz, 0), 0)
    workflow_id = await _replacing(states, quiz, old)
    named = await pay(calls, workflow_id, 0)
    await save(states, workflow_id, 1, questions=named)
    await questions.decide(quiz.id, [old], APPROVED)
    await save(states, workflow_id, 2, questions=named)
    await save(states, workflow_id, 1, run_id="run-2", questions=named)
    assert (await _load(questions, quiz, old)).review_status == "approved"


async def test_a_replacement_of_a_deleted_question_lands(
    states: WorkflowStateStore, calls: ModelCallStore, questions: QuestionStore, quiz: Quiz
) -> None:
    """Somebody deleted the old one meanwhile; the new one still says in whose place it was asked for."""
    old = question_id(await _finished(states, calls, quiz, 0), 0)
    workflow_id = await _replacing(states, quiz, old)
    assert await questions.delete(quiz.id, [old])
    await save(states, workflow_id, 1, questions=await pay(calls, workflow_id, 0))
    assert (await _load(questions, quiz, question_id(workflow_id, 0))).replaces_id == old
    assert await questions.load(quiz.id, old) is None


async def test_a_replacement_touches_no_other_quiz(
    states: WorkflowStateStore, calls: ModelCallStore, questions: QuestionStore, quizzes: QuizStore, quiz: Quiz
) -> None:
    """An id of another quiz puts nothing away there, whoever wrote it into the options."""
    old = question_id(await _finished(states, calls, quiz, 0), 0)
    other = await quizzes.create(Quiz(owner_id=quiz.owner_id, title="Another"), [])
    workflow_id = await _replacing(states, other, old)
    await save(states, workflow_id, 1, questions=await pay(calls, workflow_id, 0))
    assert (await _load(questions, quiz, old)).review_status == "unreviewed"


async def test_what_was_put_away_or_rejected_is_not_asked_again(
    states: WorkflowStateStore, calls: ModelCallStore, questions: QuestionStore, quizzes: QuizStore, quiz: Quiz
) -> None:
    """Their stems are avoided like all others, on the chunk and in the quiz."""
    first = await _finished(states, calls, quiz, 0, 1)
    await questions.decide(quiz.id, [question_id(first, 1)], REJECTED)
    second = await _replacing(states, quiz, question_id(first, 0))
    await save(states, second, 1, status=Status.COMPLETED, questions=await pay(calls, second, 0, attempt=7))
    stems = [stem for _, _, stem in await quizzes.question_stems(quiz.id)]
    assert sorted(stems) == ["What is 0 in answer 0?", "What is 0 in answer 7?", "What is 1 in answer 0?"]
    third = await make_generation(states, quiz)
    assert len(await calls.stems_on_chunk(third, 1, except_slot=0, limit=30)) == 3


async def test_nothing_is_deleted_behind_an_active_generation(
    states: WorkflowStateStore, calls: ModelCallStore, questions: QuestionStore, quiz: Quiz
) -> None:
    """All or none; once it has ended, all."""
    first = await _finished(states, calls, quiz, 0)
    second = await make_generation(states, quiz)
    await save(states, second, 1, questions=await pay(calls, second, 0))
    both = [question_id(first, 0), question_id(second, 0)]
    with pytest.raises(WritingGeneration, match=second):
        await questions.delete(quiz.id, both)
    assert len(await questions.of_quiz(quiz.id, Wanted(), after=None, limit=10)) == 2
    await save(states, second, 2, status=Status.CANCELLED)
    assert await questions.delete(quiz.id, both)
    assert await questions.of_quiz(quiz.id, Wanted(), after=None, limit=10) == []


async def test_of_two_edits_none_is_lost(
    states: WorkflowStateStore, calls: ModelCallStore, questions: QuestionStore, quiz: Quiz
) -> None:
    """At the same moment, each of its own field: the second is made to what the first one left."""
    question = question_id(await _finished(states, calls, quiz, 0), 0)
    edits = [Edit(stem="What is new?"), Edit(explanation="Because."), Edit(difficulty="hard"), Edit(bloom="apply")]
    await asyncio.gather(*(questions.edit(quiz.id, question, edit) for edit in edits))
    row = await _load(questions, quiz, question)
    assert (row.stem, row.explanation, row.difficulty, row.bloom) == ("What is new?", "Because.", "hard", "apply")


async def test_reviews_and_writes_do_not_wait_in_a_circle(
    states: WorkflowStateStore, calls: ModelCallStore, questions: QuestionStore, quiz: Quiz
) -> None:
    """Many questions judged in every order, while mirrors write them and put one of them away: all get through."""
    first = await _finished(states, calls, quiz, *range(10))
    old = question_id(first, 4)
    second = await _replacing(states, quiz, old)
    ids = [question_id(first, slot) for slot in range(10)]
    new = question_id(second, 0)
    await save(states, second, 1, questions=await pay(calls, second, 0))
    for sequence in range(2, 12):
        # A new answer each time, so that the old question is put away each time.
        named = await pay(calls, second, 0, attempt=sequence)
        rows = await asyncio.gather(
            questions.decide(quiz.id, [*ids, new], APPROVED),
            questions.decide(quiz.id, [new, *reversed(ids)], REJECTED),
            save(states, second, sequence, questions=named),
            questions.decide(quiz.id, [old, new], APPROVED),
            questions.edit(quiz.id, old, Edit(stem=f"What is {sequence}?")),
        )
        assert all(rows)
