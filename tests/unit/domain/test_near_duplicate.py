"""Whether a quiz asks the same thing twice."""

import pytest

from domain.linter import near_duplicate
from domain.question import Question


@pytest.mark.parametrize(
    ("stem", "other"),
    [
        ("What is a gene?", "what is a gene"),
        ("In what year was the Treaty of Versailles signed?", "In which year was the Treaty of Versailles signed?"),
        ("________ is the powerhouse of the cell.", "The powerhouse of the cell is ________."),
        (
            "Which hormone does the pineal gland secrete at night?",
            "Which hormone does the pineal gland secretes at night?",
        ),
        ("Which term means the study of the mind?", "Which word means the study of the mind?"),
    ],
)
def test_rewording_is_a_duplicate(stem: str, other: str) -> None:
    """Case, punctuation, order, the place of a blank and template words don't make a new question."""
    assert near_duplicate(stem, ["Who wrote Faust?", other]) == other
    assert near_duplicate(other, ["Who wrote Faust?", stem]) == stem


@pytest.mark.parametrize(
    ("stem", "other"),
    [
        ("What is mitosis?", "What is meiosis?"),
        ("What does REM stand for?", "What does RBD stand for?"),
        ("What is the term for axon?", "What is the term for axion?"),
        ("What is the definition of classical conditioning?", "What is the definition of operant conditioning?"),
        ("Which gland makes insulin?", "Which gland makes melatonin?"),
    ],
)
def test_same_template_with_another_term_is_no_duplicate(stem: str, other: str) -> None:
    """Two questions that share their template and ask about different terms are two questions."""
    assert near_duplicate(stem, [other]) is None


def test_the_first_duplicate_is_named() -> None:
    """Of several duplicates the first is told, as it was written."""
    others = ["Who wrote Faust?", "WHAT IS A GENE?", "What is a gene?"]
    assert near_duplicate("What is a gene?", others) == "WHAT IS A GENE?"
    assert near_duplicate("What is a gene?", iter(others)) == "WHAT IS A GENE?"
    assert near_duplicate("What is a gene?", []) is None


def test_human_items_do_not_collide(human_items: list[Question]) -> None:
    """No two of the textbook's 311 questions are taken for duplicates, in one module or across the book."""
    stems = [item.stem for item in human_items]
    collisions = [(stem, near_duplicate(stem, stems[:place])) for place, stem in enumerate(stems)]
    assert [pair for pair in collisions if pair[1] is not None] == []


def test_human_items_reworded_are_found(human_items: list[Question]) -> None:
    """Each of the textbook's questions is recognised with other punctuation, case and one word less."""
    found = 0
    for item in human_items:
        parts = item.stem.split()
        parts.pop(len(parts) // 2)
        found += near_duplicate(" ".join(parts).upper(), [item.stem]) == item.stem
    print(f"near-duplicates found: {found / len(human_items):.1%}")  # noqa: T201  (the figure is the point)
    assert found >= 0.87 * len(human_items)
