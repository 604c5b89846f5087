"""The paid-once table: an answer that was paid for is stored once and found again."""

import asyncio
import json
from datetime import timedelta

import pytest

from storage.model_calls import ModelCallStore
from storage.quizzes import ChunkText
from storage.tables import Quiz, now
from storage.workflow_states import WorkflowStateStore
from tests.integration.storage.made import answer, make_generation, pay, save
from workflows.messages import DraftInput
from writing.reading import read_answer

ID = "mcq_x_1"
STATE: DraftInput = {
    "slot": 0,
    "attempt": 0,
    "chunk_id": 1,
    "part": 1,
    "parts": 1,
    "difficulty": "easy",
    "bloom": "remember",
    "key_position": 0,
}


async def test_the_first_answer_stands(calls: ModelCallStore) -> None:
    """Two attempts of one activity may both have paid; the first that was stored is returned to both."""
    first = await calls.record(answer(ID, 0, stem="First?"))
    second = await calls.record(answer(ID, 0, stem="Second?"))
    assert first.question and second.question and second.question["stem"] == first.question["stem"] == "First?"
    found = await calls.find(ID, 0, "draft", 0)
    assert found is not None and found.question == first.question


async def test_of_many_at_once_one_stands(calls: ModelCallStore) -> None:
    """All are told the same one."""
    stored = await asyncio.gather(*(calls.record(answer(ID, 0, stem=f"Number {n}?")) for n in range(10)))
    assert len({call.raw + str(call.question) for call in stored}) == 1


async def test_each_step_and_attempt_has_its_own(calls: ModelCallStore) -> None:
    """An answer that could not be used advances the attempt and is not handed back for ever."""
    await calls.record(answer(ID, 0, question=None, unusable="no"))
    assert await calls.find(ID, 0, "draft", 1) is None
    assert await calls.find(ID, 0, "revise", 0) is None
    assert await calls.find(ID, 1, "draft", 0) is None
    assert await calls.find("mcq_x_2", 0, "draft", 0) is None


async def test_the_latest_before_an_attempt(calls: ModelCallStore) -> None:
    """A revision is about the last answer of its slot, whatever step wrote it."""
    await pay(calls, ID, 0, 1, attempt=0)
    await calls.record(answer(ID, 0, 1, step="revise"))
    latest = await calls.latest(ID, 0, 2)
    assert latest is not None and (latest.attempt, latest.step) == (1, "revise")
    assert (before := await calls.latest(ID, 0, 1)) is not None and before.attempt == 0
    assert await calls.latest(ID, 0, 0) is None


async def test_an_answer_ends_the_wait_of_its_slot(states: WorkflowStateStore, calls: ModelCallStore) -> None:
    """Others go on waiting, longest first."""
    moment = now()
    for slot, age in ((0, 1), (1, 3), (2, 2)):
        await calls.wait_for_provider(ID, slot, "rate limit", moment - timedelta(minutes=age), moment)
    await calls.record(answer(ID, 0))
    assert [wait.slot for wait in await states.waits(ID)] == [1, 2]


async def test_a_repeated_wait_keeps_its_beginning(states: WorkflowStateStore, calls: ModelCallStore) -> None:
    """Reason and next try are the newest; since when is the first."""
    since, later = now() - timedelta(minutes=5), now() + timedelta(minutes=1)
    await calls.wait_for_provider(ID, 0, "rate limit", since, now())
    await calls.wait_for_provider(ID, 0, "overloaded", now(), later)
    (wait,) = await states.waits(ID)
    assert (wait.reason, wait.since, wait.retry_at) == ("overloaded", since, later)


async def test_stems_of_the_same_chunk(calls: ModelCallStore) -> None:
    """Newest first, each once; not the slot's own, not other chunks', not answers that are no questions."""
    for slot, changes in [
        (6, {"stem": "Oldest?"}),
        (5, {"question": None}),
        (4, {"stem": "Elsewhere?", "chunk_id": 2}),
        (3, {"stem": "New?"}),
        (2, {"stem": "Old?"}),
        (1, {"stem": "New?"}),
        (0, {"stem": "Own?"}),
    ]:
        await calls.record(answer(ID, slot, **changes))  # type: ignore[arg-type]
    await calls.record(answer("mcq_x_2", 1, stem="Another generation's?"))
    assert await calls.stems_on_chunk(ID, 1, except_slot=0, limit=30) == ["New?", "Old?", "Oldest?"]
    assert await calls.stems_on_chunk(ID, 1, except_slot=0, limit=2) == ["New?", "Old?"]


async def test_the_next_attempts(calls: ModelCallStore) -> None:
    """One more than the last stored answer of each slot; slots without one are not named."""
    await pay(calls, ID, 0, 3)
    await calls.record(answer(ID, 3, 4, step="revise"))
    await calls.record(answer("mcq_x_2", 7))
    assert await calls.next_attempts(ID) == {0: 1, 3: 5}


async def test_what_is_used_up_is_noted_by_a_resume(
    states: WorkflowStateStore, calls: ModelCallStore, quiz: Quiz
) -> None:
    """Of slots without a question; what is paid for afterwards is not used up, and no other kind of resume notes it."""
    workflow_id = await make_generation(states, quiz)
    await save(states, workflow_id, 1, questions=await pay(calls, workflow_id, 0))
    await pay(calls, workflow_id, 3)
    await calls.record(answer(workflow_id, 3, 4, step="revise"))
    assert await calls.used_up(workflow_id) is None
    await states.mark_failed(workflow_id, "why")
    await states.reopen(workflow_id, fresh_attempts=True)
    await calls.record(answer(workflow_id, 3, 5))
    assert await calls.used_up(workflow_id) == {3: 5}
    await states.mark_failed(workflow_id, "terminated")
    await states.reopen(workflow_id)
    assert await calls.used_up(workflow_id) == {3: 5}
    await states.mark_failed(workflow_id, "why")
    await states.reopen(workflow_id, fresh_attempts=True)
    assert await calls.used_up(workflow_id) == {3: 6}


async def test_a_resume_without_answers_uses_none_up(
    states: WorkflowStateStore, calls: ModelCallStore, quiz: Quiz
) -> None:
    """Nothing is noted as nothing, which is not the same as no note."""
    workflow_id = await make_generation(states, quiz)
    await states.mark_failed(workflow_id, "why")
    await states.reopen(workflow_id, fresh_attempts=True)
    assert await calls.used_up(workflow_id) == {}


async def test_what_was_spent(calls: ModelCallStore) -> None:
    """Every stored answer of some slots counts, usable or not; of others those that are used up."""
    await pay(calls, ID, 0, 1)
    await calls.record(answer(ID, 1, 1, question=None, cost=0.25))
    await calls.record(answer("mcq_x_2", 0))
    assert await calls.spent(ID, [0, 1], {}) == (3, 300, 150, 1.25)
    assert await calls.spent(ID, [1], {}) == (2, 200, 100, 0.75)
    assert await calls.spent(ID, [0], {1: 1}) == (2, 200, 100, 1.0)
    assert await calls.spent(ID, [], {0: 0}) == await calls.spent("mcq_x_3", [0], {}) == (0, 0, 0, 0.0)


async def test_a_sum_with_an_unknown_price_is_unknown(calls: ModelCallStore) -> None:
    """None and not what the priced part cost: after a resume the display would call it the whole."""
    await pay(calls, ID, 0)
    await calls.record(answer(ID, 1, cost=None))
    assert (await calls.spent(ID, [0, 1], {}))[3] is None


async def test_the_generation_of_a_call(states: WorkflowStateStore, calls: ModelCallStore, quiz: Quiz) -> None:
    """Status, options of the start, and whether this very step was answered; None when the row is gone."""
    workflow_id = await make_generation(states, quiz)
    step = (workflow_id, 1, "draft", 0)
    await pay(calls, ID, 1)
    await pay(calls, workflow_id, 0)
    for other in (answer(workflow_id, 1, 1), answer(workflow_id, 1, step="revise")):
        await calls.record(other)
    generation = await calls.generation(*step)
    assert generation is not None and (generation.status, generation.answer) == ("running", None)
    assert generation.options == {"model": "demo-model"}
    await calls.record(answer(workflow_id, 1))
    generation = await calls.generation(*step)
    assert generation is not None and generation.answer is not None and generation.answer.slot == 1
    await states.delete(workflow_id)
    assert await calls.generation(*step) is None


@pytest.mark.parametrize(
    "spoilt",
    [
        {"stem": "What \0 is it?"},
        {"quote": "\ud800"},
        {"surprise\0": 1},
        {"key": "x" * 4_000, "stem": "1e400?"},
        {"distractors": "none"},
    ],
    ids=ascii,
)
async def test_whatever_the_model_wrote_can_be_stored(calls: ModelCallStore, spoilt: dict[str, object]) -> None:
    """An answer that PostgreSQL refuses would be paid for again and again."""
    wrong = [{"text": f"Wrong {n}", "why_wrong": "No\0."} for n in range(3)]
    good = {"stem": "What is it?", "key": "It", "distractors": wrong, "explanation": "So.", "quote": "It is."}
    raw = json.dumps({**good, **spoilt})
    question, flaws, unusable = read_answer(raw, ID, STATE, ChunkText(1, "It is.", 0, "a.md"))
    stored = await calls.record(answer(ID, 0, raw=raw, question=question, flaws=flaws, unusable=unusable))
    assert (stored.question is None) == (stored.unusable is not None)
