"""The linter judges whatever it is given: no exception, the same verdict each time, in bounded time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.linter import find_quote, lint_grounding, lint_item, near_duplicate
from domain.question import Option, Question
from domain.review import flaws_of
from domain.words import fold
from tests.fuzz.wild import FUZZ, NASTY, text

questions = st.builds(
    Question,
    stem=text,
    options=st.lists(st.builds(Option, text=text, why_wrong=text), max_size=7).map(tuple),
    key=st.integers(-3, 9),
    explanation=text,
    quote=text,
    difficulty=text,
    bloom=text,
)


@given(questions, text)
@FUZZ
def test_any_question_gets_one_verdict(question: Question, chunk: str) -> None:
    """Wild texts, keys that name nothing, chunks of another world."""
    flaws = lint_item(question) + lint_grounding(question, chunk)
    assert flaws == lint_item(question) + lint_grounding(question, chunk)
    assert [flaw.rule for flaw in flaws] == flaws_of(question, chunk)
    assert all(len(flaw.detail) < 1_000 for flaw in flaws)


@given(text, text, text)
@FUZZ
def test_a_quote_that_is_there_is_found_where_it_is(before: str, quote: str, after: str) -> None:
    """The span is of the text as it is; a quote that is not there is not found elsewhere."""
    whole = f"{before} {quote} {after}"
    span = find_quote(whole, quote)
    assert (span is not None) == any(map(str.isalnum, quote))
    if span is not None:
        assert 0 <= span[0] < span[1] <= len(whole)
    for other in NASTY:
        found = find_quote(whole, other)
        assert found is None or 0 <= found[0] < found[1] <= len(whole)


@given(text, st.lists(text, max_size=5))
@FUZZ
def test_a_stem_repeats_itself_and_nothing_unlike_it(stem: str, others: list[str]) -> None:
    """Whoever is named as the duplicate is one of the others."""
    assert near_duplicate(stem, others) in [None, *others]


@given(text)
@FUZZ
def test_folding_twice_changes_nothing(one: str) -> None:
    """Else two options could be equal on one day and different on another."""
    assert fold(fold(one)) == fold(one)


@pytest.mark.parametrize(
    "piece", [*NASTY, "word ", "(", "[", "of the ", "a and b or ", "not ", "1,", "n't", "'"], ids=repr
)
def test_texts_far_too_long_are_judged(piece: str) -> None:
    """Five times what an answer or an edit may hold, of the worst kinds."""
    long = piece * (20_000 // len(piece))
    question = Question(long, (Option(long), Option("b", long), Option("c", "no")), 0, long, long[:4_000], "", "")
    assert lint_item(question)
    lint_grounding(question, long)
    near_duplicate(long[:4_000], ["another stem?"])
