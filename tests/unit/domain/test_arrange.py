"""Where the key and the wrong options stand is decided by the question's id and the plan."""

import uuid
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.arrange import arrange
from domain.question import Question

ID = uuid.UUID("12345678-1234-5678-1234-567812345678")
WRONG = [("ribosome", "makes protein"), ("lysosome", "digests"), ("vacuole", "stores")]


def _arranged(
    wrong: list[tuple[str, str]], key_position: int, question_id: uuid.UUID = ID, key: str = "nucleus"
) -> Question:
    return arrange(
        "Which?", key, wrong, "So.", "It is.", "easy", "remember", question_id=question_id, key_position=key_position
    )


@pytest.mark.parametrize("key_position", range(-1, 9))
def test_key_stands_where_planned(key_position: int) -> None:
    """The key goes to the planned position, modulo the number of options; each wrong option keeps its reason."""
    question = _arranged(WRONG, key_position)
    assert question.key == key_position % 4
    assert question.key_text == "nucleus"
    assert question.options[question.key].why_wrong == ""
    assert {(o.text, o.why_wrong) for o in question.options if o.why_wrong} == set(WRONG)


def test_order_does_not_depend_on_the_model() -> None:
    """However the model orders its wrong options, the same question comes out."""
    assert len({_arranged(list(order), 2) for order in permutations(WRONG)}) == 1


def test_order_depends_on_the_question() -> None:
    """Over many questions each wrong option comes first about equally often."""
    first = [_arranged(WRONG, 3, uuid.UUID(int=number)).options[0].text for number in range(300)]
    assert all(70 <= first.count(text) <= 130 for text, _ in WRONG)


def test_order_is_the_same_for_ever() -> None:
    """A recorded order: it changes with no version of Python and no machine."""
    assert [option.text for option in _arranged(WRONG, 0).options] == RECORDED


def test_numeric_order_wins_over_the_position() -> None:
    """Numbers ascend, wherever the plan wanted the key."""
    for key_position in range(4):
        question = _arranged([("1961", "a"), ("1979", "b"), ("1991", "c")], key_position, key="1989")
        assert [option.text for option in question.options] == ["1961", "1979", "1989", "1991"]
        assert question.key == 2


@given(st.text(), st.lists(st.tuples(st.text(), st.text()), max_size=6), st.integers(), st.uuids())
def test_any_answer_is_arranged(key: str, wrong: list[tuple[str, str]], position: int, question_id: uuid.UUID) -> None:
    """Nothing a model writes makes arranging fail or loses an option."""
    question = _arranged(wrong, position, question_id, key)
    assert len(question.options) == len(wrong) + 1
    assert 0 <= question.key < len(question.options)


RECORDED = ["nucleus", "ribosome", "vacuole", "lysosome"]
