"""I2 and T8: a question that is missing, twice or spoilt is an offence, and a slot that asks without end."""

from typing import Any

import pytest

from domain.statuses import Status
from tests.chaos import calls, judge
from tests.chaos.calls import MOST_ANSWERS, MOST_CALLS
from tests.unit.chaos.evidence_of import CONTENT, ID, OTHER_ID, call, evidence, generation, question, told


def _options(*texts: str) -> dict[str, Any]:
    return {"options": [{"text": text} for text in texts]}


@pytest.mark.parametrize(
    ("slots", "status", "said"),
    [
        ([0, 1, 2], Status.COMPLETED, ""),
        ([2, 0, 1], Status.COMPLETED, ""),
        ([0, 1], Status.COMPLETED, "completed with 2 of 3"),
        ([], Status.COMPLETED, "completed with 0 of 3"),
        ([0, 1, 3], Status.COMPLETED, "completed with 3 of 3"),
        ([0, 1, 2, 3], Status.COMPLETED, "completed with 4 of 3"),
        # A cancelled one keeps what it has.
        ([0, 2], Status.CANCELLED, ""),
        ([0, 2, 2], Status.CANCELLED, "a slot twice"),
    ],
)
def test_every_slot_is_there_once(slots: list[int], status: Status, said: str) -> None:
    """Exactly the slots that were asked for; another generation's fill none."""
    questions = [question(slot) for slot in slots] + [question(slot, workflow_id=OTHER_ID) for slot in range(3)]
    generations = [generation(status=status, listed=sorted(slots)), generation(workflow_id=OTHER_ID)]
    found = judge.every_question_is_there_once(evidence(questions=questions), generations, CONTENT, set())
    assert told([one for one in found if " times " not in one], said)


CANCELLED = {"status": Status.CANCELLED}


@pytest.mark.parametrize(
    ("listed", "changes", "operated", "said"),
    [
        ([0, 1, 2], {}, set(), ""),
        ([0, 1], {}, set(), "the API lists [0, 1] of [0, 1, 2]"),
        ([0, 1], {}, {ID}, "the API lists [0, 1] of [0, 1, 2]"),
        ([0, 1, 1, 2], {}, set(), "the API lists [0, 1, 1, 2]"),
        (None, {"ended": None}, set(), ""),
        ([0, 1, 2], CANCELLED, set(), ""),
        ([0, 1], CANCELLED, set(), "the API lists [0, 1] of [0, 1, 2]"),
        ([0, 1], CANCELLED, {OTHER_ID}, "the API lists [0, 1] of [0, 1, 2]"),
        # A reset may have come later.
        ([0, 1], CANCELLED, {ID}, ""),
        ([0, 1, 1], CANCELLED, {ID}, "the API lists [0, 1, 1] of [0, 1, 2]"),
        ([3], CANCELLED, {ID}, "the API lists [3]"),
    ],
)
def test_the_api_lists_what_is_there(listed: list[int], changes: dict[str, Any], operated: set[str], said: str) -> None:
    """All of it and nothing twice, once the generation has ended."""
    one = generation(listed=listed, **changes)
    questions = [question(slot) for slot in range(3)]
    found = judge.every_question_is_there_once(evidence(questions=questions), [one], CONTENT, operated)
    assert told(found, said)


@pytest.mark.parametrize(
    ("changes", "operated", "offends"),
    [({}, set(), True), ({}, {ID}, True), (CANCELLED, set(), True), (CANCELLED, {ID}, False)],
)
def test_a_question_is_not_asked_again_in_the_same_words(
    changes: dict[str, Any], operated: set[str], offends: bool
) -> None:
    """However they are set; another generation may ask it, and one that was reset and then cancelled."""
    questions = [question(0), question(1), question(2, stem="what do  plants MAKE, 1?")]
    questions.append(question(0, workflow_id=OTHER_ID))
    one = generation(**changes)
    found = judge.every_question_is_there_once(evidence(questions=questions), [one], CONTENT, operated)
    assert told(found, "2 times 'what do plants make, 1?'" if offends else "")


def test_a_slot_twice_in_a_completed_generation() -> None:
    """It is told, and that these are not the slots that were asked for."""
    questions = [question(slot) for slot in (0, 1, 1, 2)]
    one = generation(listed=[0, 1, 1, 2])
    found = judge.every_question_is_there_once(evidence(questions=questions), [one], CONTENT, set())
    assert [text in one for text, one in zip(("2 times", "a slot twice", "completed with 4"), found, strict=True)]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"key": 3}, ""),
        ({"key": 4}, "a key that is no option"),
        ({"key": -1}, "a key that is no option"),
        ({"stem": " "}, "no stem"),
        (_options("Sugar", "Salt", "Iron", "Sugar"), "not four different ones"),
        (_options("Sugar", "Salt", "Iron", " Sugar "), "not four different ones"),
        (_options("Sugar", "Salt", "Iron"), "not four different ones"),
        (_options("Sugar", "Salt", "Iron", "Sand", "Gold"), "not four different ones"),
        (_options("Sugar", "Salt", "Iron", " "), "not four different ones"),
        ({"flaws": []}, ""),
        ({"flaws": ["key-grounded", "one-key"]}, "a flaw that is an error"),
        ({"flaws": ["quote-verbatim"]}, "a flaw that is an error"),
        ({"source": {"quote": "They do so by day."}}, ""),
        ({"source": {"quote": "They do so by night."}}, "a quote that the content does not have"),
        ({"source": {"quote": ""}}, "a quote that the content does not have"),
    ],
)
def test_every_question_is_whole(changes: dict[str, Any], said: str) -> None:
    """A stem, four different options, a key among them, a quote from the content."""
    questions = [question(0), question(1, **changes), question(2)]
    assert told(judge.every_question_is_there_once(evidence(questions=questions), [generation()], CONTENT, set()), said)


@pytest.mark.parametrize(("attempts", "said"), [(MOST_ANSWERS, ""), (MOST_ANSWERS + 1, "answers asked for")])
def test_answers_of_a_slot_are_bounded(attempts: int, said: str) -> None:
    """So many and no more; tries of one answer, and other slots' answers, do not count."""
    lines = [call(0, step=(ID, 0, "draft", attempt)) for attempt in range(attempts)]
    lines += [call(0, step=(ID, 0, "draft", 0), try_=try_) for try_ in range(2, 50)]
    lines += [call(0, step=(ID, slot, "draft", 0)) for slot in range(1, 50)]
    assert told(calls.calls_of_a_slot_are_bounded(evidence(lines=lines)), said)


def test_drafts_and_revisions_are_counted_together() -> None:
    """Half of the bound each and one more."""
    lines = [call(0, step=(ID, 0, step, n)) for step in ("draft", "revise") for n in range(MOST_ANSWERS // 2 + 1)]
    assert told(calls.calls_of_a_slot_are_bounded(evidence(lines=lines)), f"{MOST_ANSWERS + 2} answers")


@pytest.mark.parametrize(("tries", "said"), [(MOST_CALLS, ""), (MOST_CALLS + 1, f"called {MOST_CALLS + 1} times")])
def test_tries_of_a_slot_are_bounded(tries: int, said: str) -> None:
    """Of all its answers, however they ended; another slot has its own."""
    lines = [
        call(0, step=(ID, 0, "draft", try_ % 2), try_=try_, outcome="client_gone" if try_ % 3 else "answered")
        for try_ in range(tries)
    ]
    lines += [call(0, step=(ID, 1, "draft", 0), try_=try_) for try_ in range(50)]
    assert told(calls.calls_of_a_slot_are_bounded(evidence(lines=lines)), said)
