"""Cuts content into the spans that questions are written from.

Imports a compiled splitter: keep it out of workflow code.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from semantic_text_splitter import MarkdownSplitter

from domain.prose import prose_length

# At most this many characters, about 6,000 in running text and 5,000 where sections end earlier. Shorter chunks starve
# a rule-based writer and a real model alike; longer ones cost tokens without better questions.
_CAPACITY = 7_000
# A chunk with less prose than this cannot carry a question: a lone heading, a list of links.
LEAST_PROSE = 200
# A chunk shorter than this joins its neighbour, where the two stay within MOST_CHARACTERS.
SHORT_CHUNK = 1_500
MOST_CHARACTERS = 8_000

# The splitter's time grows with the square of a text that has no structure (10 MB of one line: minutes), so it gets
# the text in regions of this many characters at most: 10 MB of the worst kind take seconds.
_REGION = 100_000
# Where a region may end, best first.
_BORDERS = ("\n# ", "\n## ", "\n\n", "\n", ". ", " ")

_TOP_HEADING = re.compile(r"^ {0,3}#{1,2}[ \t]+\S", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A span of the content: `text[start:end]`, in characters. `section` counts the top headings before its middle."""

    start: int
    end: int
    section: int

    @property
    def size(self) -> int:
        """Length in characters."""
        return self.end - self.start


def split(text: str) -> list[Chunk]:
    """The chunks of `text` in order, trimmed, without overlap, each of at most 8,000 characters.

    They end where the Markdown does: between sections, else paragraphs, else sentences. Spans with almost no prose
    are left out. Expects text as `documents` makes it (no lone surrogates); 10 MB take seconds.
    """
    headings = [match.start() for match in _TOP_HEADING.finditer(text)]
    return [
        Chunk(start, end, bisect_right(headings, (start + end) // 2))
        for start, end in _merged(_spans(text))
        if prose_length(text[start:end], LEAST_PROSE) >= LEAST_PROSE
    ]


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Trimmed spans of at most `_CAPACITY` characters. The splitter's offsets are in characters, not bytes."""
    splitter = MarkdownSplitter(_CAPACITY)
    for left, right in _regions(text):
        for offset, piece in splitter.chunk_indices(text[left:right]):
            trimmed = piece.strip()
            if trimmed:
                start = left + offset + piece.index(trimmed)
                yield start, start + len(trimmed)


def _regions(text: str) -> Iterator[tuple[int, int]]:
    """Cut `text` at the best border in the second half of each region."""
    left = 0
    while len(text) - left > _REGION:
        found = (text.rfind(border, left + _REGION // 2, left + _REGION) for border in _BORDERS)
        right = next((at + 1 for at in found if at >= 0), left + _REGION)
        yield left, right
        left = right
    yield left, len(text)


def _merged(spans: Iterator[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join a span to the one before it where either is short and the result is not too long."""
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged:
            first, last = merged[-1]
            if min(last - first, end - start) < SHORT_CHUNK and end - first <= MOST_CHARACTERS:
                merged[-1] = (first, end)
                continue
        merged.append((start, end))
    return merged
