"""The linter judges whatever it is given: no exception, the same verdict each time, in bounded time."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz

from domain.linter import find_quote, lint_grounding, lint_item, near_duplicate
from domain.question import Option, Question
from domain.review import flaws_of
from domain.similarity import DUPLICATE
from domain.words import fold, words
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
    """The span is of the text as it is, and reads as the quote; a quote that is not there is not found elsewhere."""
    whole = f"{before} {quote} {after}"
    span = find_quote(whole, quote)
    assert (span is not None) == _says_something(quote)
    if span is not None:
        assert whole[slice(*span)] == quote.strip() and span[0] == whole.index(quote.strip())
    for other in NASTY:
        found = find_quote(whole, other)
        if other in whole and _says_something(other):
            assert found is not None
        if found is not None:
            assert 0 <= found[0] < found[1] <= len(whole) and _letters(whole[slice(*found)]) == _letters(other)


def _says_something(some: str) -> bool:
    return any(map(str.isalnum, some))


def _letters(some: str) -> str:
    """The letters and digits of what is read: not those of a link's address."""
    return "".join(filter(str.isalnum, re.sub(r"\]\([^()]*\)", "]", some)))


@given(text, st.lists(text, max_size=5), st.integers(0, 5))
@FUZZ
def test_a_stem_repeats_itself_and_nothing_unlike_it(stem: str, others: list[str], place: int) -> None:
    """Among others it is found, or one before it that is alike; what is unlike it is not."""
    among = [*others[:place], stem, *others[place:]]
    alike = [fuzz.token_sort_ratio(_wording(stem), _wording(other)) >= DUPLICATE for other in among]
    found = near_duplicate(stem, among)
    assert found is None or alike[among.index(found)]
    assert near_duplicate(stem, [other for other, is_alike in zip(among, alike, strict=True) if not is_alike]) is None
    if _says_something(stem):
        same = [_wording(other) == _wording(stem) for other in among]
        assert found is not None and among.index(found) <= same.index(True)


def _wording(stem: str) -> str:
    return " ".join(sorted(words(stem)))


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
