"""Where a quote stands in its chunk."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.linter import find_quote

CHUNK = (
    "## Cells 🧬\n\nThe *mitochondrion* makes “most of the ATP” — about 90\u00a0% …\nof it. "
    "A __cell__ is a unit, see [the glossary](https://example.org/cell). It isn’t snake_case; 2\u00a0*\u00a03 = 6."
)


@pytest.mark.parametrize(
    ("quote", "stands_as"),
    [
        ("about 90", "about 90"),
        ("about 90 % ...", "about 90\u00a0% …"),
        ('The mitochondrion makes "most of the ATP"', "The *mitochondrion* makes “most of the ATP”"),
        ("makes “most of the ATP” - about 90 % ... of it.", "makes “most of the ATP” — about 90\u00a0% …\nof it."),
        ("A cell is a unit, see the glossary.", "A __cell__ is a unit, see [the glossary](https://example.org/cell)."),
        ("It isn't snake_case", "It isn’t snake_case"),
        ('"A **cell** is a unit"', "A __cell__ is a unit"),
        ("… of it. A cell is…", "of it. A __cell__ is"),
        ("Cells 🧬 The mitochondrion", "Cells 🧬\n\nThe *mitochondrion"),
    ],
)
def test_quote_is_found_where_it_stands(quote: str, stands_as: str) -> None:
    """Kinds of quotation mark, dash, space, ellipsis, emphasis and links don't matter; offsets are the chunk's own."""
    found = find_quote(CHUNK, quote)
    assert found is not None
    assert CHUNK[found[0] : found[1]] == stands_as


@pytest.mark.parametrize(
    "quote",
    [
        "",
        "  ",
        "…",
        "the mitochondrion makes",
        "The mitochondria makes",
        "makes all of the ATP",
        "about 91 %",
        "snakecase",
    ],
)
def test_other_words_are_not_the_quote(quote: str) -> None:
    """A changed letter, case, digit or word is no quote, nor is an empty one."""
    assert find_quote(CHUNK, quote) is None


@given(st.data(), st.text(min_size=1))
def test_every_slice_is_found(data: st.DataObject, text: str) -> None:
    """Whatever is copied from a text, with a letter or digit in it, is found in it."""
    start = data.draw(st.integers(0, len(text) - 1))
    quote = text[start : data.draw(st.integers(start + 1, len(text)))]
    found = find_quote(text, quote)
    if any(map(str.isalnum, quote)):
        assert found is not None
        assert text[found[0] : found[1]] == quote.strip()


PARTS = ["word", "émigré", "🙂", "don’t", "“so”", "—", "…", "*bold*", "_it_", "x_y"]


@given(st.lists(st.sampled_from(PARTS), min_size=1))
def test_retyped_text_is_found(parts: list[str]) -> None:
    """Text retyped with plain signs and other line breaks is found, and found whole."""
    chunk = "Before.\n" + "\n".join(parts) + "\nAfter."
    table = {"’": "'", "“": '"', "”": '"', "—": "-", "…": "...", "*bold*": "bold", "_it_": "it"}
    quote = "  ".join(parts)
    for fancy, plain in table.items():
        quote = quote.replace(fancy, plain)
    found = find_quote(chunk, f"Before. {quote} After.")
    assert found == (0, len(chunk))
