"""A question is written by its slot: often, in any order, and never over a teacher's edit of the same answer."""

from domain.question import question_id
from storage.model_calls import ModelCallStore
from storage.tables import QuestionRow, Quiz
from storage.workflow_states import WorkflowStateStore
from tests.integration.storage.made import make_generation, pay, query, save


async def _question(states: WorkflowStateStore, workflow_id: str) -> QuestionRow:
    (question,) = await states.questions(workflow_id)
    return question


def _edit(database_url: str, stem: str) -> None:
    query(database_url, "UPDATE question SET stem = %s, review_status = 'approved', updated_at = now()", stem)


async def test_a_question_is_the_stored_answer(states: WorkflowStateStore, calls: ModelCallStore, quiz: Quiz) -> None:
    """Its identity is the slot's, its content and cost the answer's, its flaws by the names of their rules."""
    workflow_id = await make_generation(states, quiz)
    await save(states, workflow_id, 1, questions=await pay(calls, workflow_id, 3))
    question = await _question(states, workflow_id)
    assert (question.id, question.quiz_id, question.slot) == (question_id(workflow_id, 3), quiz.id, 3)
    assert (question.stem, question.key, question.flaws) == ("What is 3 in answer 0?", 0, ["long-stem"])
    assert (question.prompt_tokens, question.completion_tokens, question.cost) == (100, 50, 0.5)
    assert question.review_status == "unreviewed"


async def test_an_edit_of_the_same_answer_is_kept(
    states: WorkflowStateStore, calls: ModelCallStore, quiz: Quiz, database_url: str
) -> None:
    """The same answer comes again after a lost acknowledgement, a reset or a resume; the teacher was there first."""
    workflow_id = await make_generation(states, quiz)
    named = await pay(calls, workflow_id, 0)
    await save(states, workflow_id, 1, questions=named)
    _edit(database_url, "Edited?")
    await save(states, workflow_id, 2, questions=named)
    await save(states, workflow_id, 1, run_id="run-2", questions=named)
    question = await _question(states, workflow_id)
    assert (question.stem, question.review_status) == ("Edited?", "approved")


async def test_a_new_answer_replaces_the_question(
    states: WorkflowStateStore, calls: ModelCallStore, quiz: Quiz, database_url: str
) -> None:
    """After a reset the slot may be answered anew: another question, which nobody has reviewed."""
    workflow_id = await make_generation(states, quiz)
    await save(states, workflow_id, 1, questions=await pay(calls, workflow_id, 0))
    _edit(database_url, "Edited?")
    await save(states, workflow_id, 1, run_id="run-2", questions=await pay(calls, workflow_id, 0, attempt=1))
    question = await _question(states, workflow_id)
    assert (question.stem, question.review_status) == ("What is 0 in answer 1?", "unreviewed")


async def test_an_edit_of_the_new_answer_is_kept_too(
    states: WorkflowStateStore, calls: ModelCallStore, quiz: Quiz, database_url: str
) -> None:
    """The row knows which answer it holds, not which it held first."""
    workflow_id = await make_generation(states, quiz)
    await save(states, workflow_id, 1, questions=await pay(calls, workflow_id, 0))
    named = await pay(calls, workflow_id, 0, attempt=1)
    await save(states, workflow_id, 1, run_id="run-2", questions=named)
    _edit(database_url, "Edited?")
    await save(states, workflow_id, 2, run_id="run-2", questions=named)
    assert (await _question(states, workflow_id)).stem == "Edited?"


async def test_many_questions_at_once(states: WorkflowStateStore, calls: ModelCallStore, quiz: Quiz) -> None:
    """After an outage of the mirror a snapshot brings all that was missed, beside some that are there."""
    workflow_id = await make_generation(states, quiz)
    await save(states, workflow_id, 1, questions=await pay(calls, workflow_id, 1, 2))
    await save(states, workflow_id, 2, questions=await pay(calls, workflow_id, *range(20)))
    assert [question.slot for question in await states.questions(workflow_id)] == list(range(20))


async def test_a_reset_run_has_not_fewer_questions(
    states: WorkflowStateStore, calls: ModelCallStore, quiz: Quiz
) -> None:
    """It finds them one by one; meanwhile status and events tell how many a reader has, and then the new ones."""
    workflow_id = await make_generation(states, quiz)
    await save(states, workflow_id, 3, questions=await pay(calls, workflow_id, 0, 1, 2))
    for sequence, slots, there in [(1, [2], 3), (2, [5], 4), (5, [0, 1, 6], 5)]:
        named = await pay(calls, workflow_id, *slots, attempt=sequence)
        await save(states, workflow_id, sequence, run_id="run-2", completed=sequence, questions=named)
        row = await states.load(workflow_id)
        assert row is not None and row.completed_steps == there
        assert (await states.events(workflow_id))[-1].event_data["completed"] == there
