"""Content is cut into chunks that questions can be written from."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.chunking import LEAST_PROSE, MOST_CHARACTERS, Chunk, split
from domain.documents import read_document
from domain.prose import prose_length

SENTENCE = "The cell is the smallest unit of life that can live alone. "
PARAGRAPH = SENTENCE * 12

PIECES = [
    *("# Part\n\n", "## Section 🙂\n\n", "### Deep\n\n", "\n\n", PARAGRAPH, f"{PARAGRAPH}\n\n", "- item one\n"),
    *("𝔘𝔫𝔦𝔠𝔬𝔡𝔢 " * 400, "日本語の文章です。" * 300, "e\u0301🏳️‍🌈" * 500, "x" * 9_000),
    *("```\ncode = 1\n```\n", "| a | b |\n" * 90),
]
pieces = st.one_of(st.sampled_from(PIECES), st.text(max_size=80).filter(str.isprintable))
texts = st.lists(pieces, max_size=25).map("".join)


def _check(text: str, chunks: list[Chunk]) -> None:
    end = section = 0
    for chunk in chunks:
        span = text[chunk.start : chunk.end]
        assert end <= chunk.start < chunk.end <= len(text), "in order, no overlap"
        assert span == span.strip(), "trimmed"
        assert 0 < chunk.size <= MOST_CHARACTERS
        assert chunk.section >= section, "sections only go up"
        assert prose_length(span, LEAST_PROSE) >= LEAST_PROSE
        end, section = chunk.end, chunk.section


@given(texts)
@example("🙂" * 20_000)
@example(f"{PARAGRAPH}\r\n\r\n".replace("\r\n", "\n") * 30)
@settings(max_examples=100, deadline=None)
def test_chunks_are_exact(text: str) -> None:
    """Chunks come in order, apart, trimmed, bounded; offsets are characters of the text, beyond the BMP too."""
    _check(text, split(text))


@given(texts)
@settings(max_examples=100, deadline=None)
def test_all_prose_is_in_a_chunk(text: str) -> None:
    """What lies between chunks has too little prose to be asked about."""
    at = 0
    for chunk in [*split(text), Chunk(len(text), len(text), 0)]:
        # Several spans without prose may lie side by side; each alone has less than the limit.
        gap = text[at : chunk.start]
        assert prose_length(gap, 10**9) < LEAST_PROSE * (1 + len(gap) // 1_500)
        at = chunk.end


def test_chunks_of_running_text_are_about_six_thousand_long() -> None:
    """Long sections give chunks of 5,000 to 7,000 characters, cut between paragraphs."""
    text = f"{PARAGRAPH.strip()}\n\n" * 400
    chunks = split(text)
    # Long texts are cut into regions first, whose last chunks may be shorter.
    assert sum(5_000 <= chunk.size <= 7_000 for chunk in chunks) >= 0.9 * len(chunks)
    assert all(text[chunk.start : chunk.end].endswith("alone.") for chunk in chunks)


def test_short_tail_joins_its_neighbour() -> None:
    """A last section too short to ask about alone belongs to the chunk before it."""
    text = f"# One\n\n{PARAGRAPH * 9}\n\n# Two\n\n{PARAGRAPH}"
    assert [chunk.end for chunk in split(text)] == [len(text.strip())]


@pytest.mark.parametrize(
    "text", ["", "\n\n", "# Only\n\n## Headings\n\n### Here\n", "- [a](https://x.org)\n" * 300, "short"]
)
def test_no_prose_no_chunk(text: str) -> None:
    """Headings and lists of links make no chunk."""
    assert split(text) == []


def test_sections_are_those_of_the_top_headings() -> None:
    """Each `#` or `##` heading begins a section; deeper ones don't."""
    text = "".join(f"{mark} Heading\n\n{PARAGRAPH * 8}\n\n" for mark in ("#", "##", "###", "##"))
    chunks = split(text)
    assert [chunk.section for chunk in chunks] == [1, 2, 2, 3]


def test_text_from_windows_is_cut_exactly() -> None:
    """A file with CRLF is cut by the offsets of its cleaned text."""
    document = read_document("a.md", f"# One 🙂\r\n\r\n{PARAGRAPH}\r\n\r\n".encode() * 20)
    chunks = split(document.text)
    _check(document.text, chunks)
    assert sum(chunk.size for chunk in chunks) > 0.98 * len(document.text)


def test_a_text_without_structure_is_cut_too() -> None:
    """A megabyte without a line break or a space comes out in bounded chunks.

    No timer: were the splitter given all of it at once, this test would take minutes.
    """
    for text in ("x" * 1_000_000, "word " * 200_000):
        chunks = split(text)
        _check(text, chunks)
        assert sum(chunk.size for chunk in chunks) > 0.99 * len(text)


def test_the_textbook_is_covered(book: list[dict[str, Any]]) -> None:
    """Of the textbook more than 99 % is in chunks, most of which begin at a heading."""
    text = "\n\n".join(f"# {module['title']}\n\n{module['text']}" for module in book)
    chunks = split(text)
    _check(text, chunks)
    assert sum(chunk.size for chunk in chunks) > 0.99 * len(text)
    assert sum(text[chunk.start] == "#" for chunk in chunks) > 0.75 * len(chunks)
    assert 4_500 <= sorted(chunk.size for chunk in chunks)[len(chunks) // 2] <= 6_500
