"""A question is proven by its source."""

import re
from dataclasses import replace
from typing import Any

import pytest

from domain.linter import find_quote, lint_grounding
from domain.question import Option, Question


def _rules(question: Question, chunk: str) -> list[str]:
    return [flaw.rule for flaw in lint_grounding(question, chunk)]


def _chunk(item: Question) -> str:
    return f"## A section\n\nSomething else stands here. {item.quote} And more follows."


def test_grounded_items_have_no_flaw(clean_items: list[Question]) -> None:
    """A verbatim quote with the key's words in or beside it is fine."""
    assert {item.stem: _rules(item, _chunk(item)) for item in clean_items if _rules(item, _chunk(item))} == {}


def test_changed_quote_is_an_error(clean_items: list[Question]) -> None:
    """A quote with one word changed is found out, in every item."""
    for item in clean_items:
        words = item.quote.split()
        words[len(words) // 2] = "however"
        assert _rules(replace(item, quote=" ".join(words)), _chunk(item)) == ["quote-verbatim"]


@pytest.mark.parametrize("quote", ["", " ", "The", "of the", "…"])
def test_quote_too_short_to_prove_anything_is_an_error(quote: str, clean_items: list[Question]) -> None:
    """A word that stands in any text proves nothing."""
    assert "quote-verbatim" in _rules(replace(clean_items[0], quote=quote), _chunk(clean_items[0]))


def test_key_foreign_to_the_quote_is_a_warning(clean_items: list[Question]) -> None:
    """A key of which the text near the quote says nothing is flagged."""
    for item in clean_items:
        options = tuple(
            Option("purple gargoyle hats") if index == item.key else option for index, option in enumerate(item.options)
        )
        assert _rules(replace(item, options=options), _chunk(item)) == ["key-grounded"]


def test_key_beside_the_quote_is_enough(clean_items: list[Question]) -> None:
    """The key's words may stand in the neighbouring sentence, but not a page away."""
    item = replace(clean_items[0], quote="It makes most of the ATP that a cell lives on.")
    near = f"Look at the mitochondrion. {item.quote}"
    far = f"Look at the mitochondrion. {'Other things are told in between. ' * 20}{item.quote}"
    assert _rules(item, near) == []
    assert _rules(item, far) == ["key-grounded"]


def test_glossary_terms_are_grounded_in_their_definitions(book: list[dict[str, Any]]) -> None:
    """Of the book's glossary terms that its text uses, questions that quote the sentence with the term pass."""
    tried = flawed = 0
    for module in book:
        for entry in module["terms"]:
            found = re.search(rf"\b{re.escape(entry['term'])}\b", module["text"])
            if not found:
                continue
            at = found.start()
            quote = module["text"][max(0, at - 60) : at + 80].strip()
            item = Question("?", (Option(entry["term"]),), 0, "", quote, "easy", "remember")
            tried += 1
            flawed += bool(lint_grounding(item, module["text"]))
            assert find_quote(module["text"], quote)
    assert tried > 400
    assert flawed == 0
