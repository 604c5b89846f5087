"""Rules that tie a question to its source: the quote is there, and it speaks of the key."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from domain.linter.flaw import Flaw, Severity
from domain.linter.quotes import find_quote
from domain.question import Question
from domain.words import clip, content_words

# Where the quote stands in the chunk: start and end in characters.
Span = tuple[int, int]

# A quote with fewer letters and digits proves nothing: it would be found anywhere.
_LEAST_QUOTE = 10
# How far "beside the quote" reaches, in characters each side: about a sentence and a half.
BESIDE = 250
# Share of the key's content words that must stand in or beside the quote; the rest may be the key's own wording.
KEY_WORDS_FOUND = 0.5


def quote_verbatim(question: Question, chunk_text: str, span: Span | None) -> Iterator[str]:
    """The quote stands verbatim in the chunk (ours: a question that the text does not prove is not shown)."""
    if sum(map(str.isalnum, question.quote)) < _LEAST_QUOTE:
        yield "The quote is too short; copy the whole sentence of the text that proves the right answer."
    elif span is None:
        yield (
            f"The quote {clip(question.quote)} does not stand in the text;"
            " copy one sentence of the text character for character."
        )


def key_grounded(question: Question, chunk_text: str, span: Span | None) -> Iterator[str]:
    """At least half of the key's content words stand in the quote or within 250 characters of it (ours)."""
    if not 0 <= question.key < len(question.options):
        return
    wanted = content_words(question.key_text)
    if not wanted or span is None:
        return
    near = content_words(_beside(chunk_text, *span)) | content_words(question.quote)
    if len(wanted & near) < KEY_WORDS_FOUND * len(wanted):
        yield (
            f"The quote does not speak of the right answer {clip(question.key_text)};"
            " quote the sentence that proves it, or answer in the words of the text."
        )


def _beside(text: str, start: int, end: int) -> str:
    """The span with what surrounds it, cut at word borders."""
    borders = [match.start() for match in re.finditer(r"\s", text[max(0, start - BESIDE) : start])]
    left = max(0, start - BESIDE)
    if left > 0 and borders:
        left += borders[0]
    right = text.find(" ", min(len(text), end + BESIDE))
    return text[left : right if right >= 0 else len(text)]


class GroundingRule(NamedTuple):
    """Like `Rule`, but `check` reads the chunk beside the question, and where the quote was found in it."""

    name: str
    severity: Severity
    source: str
    check: Callable[[Question, str, Span | None], Iterator[str]]


# The rules that need the chunk, in the order in which flaws are told.
GROUNDING_RULES: tuple[GroundingRule, ...] = (
    GroundingRule("quote-verbatim", Severity.ERROR, "ours", quote_verbatim),
    GroundingRule("key-grounded", Severity.WARNING, "ours", key_grounded),
)


def lint_grounding(question: Question, chunk_text: str) -> list[Flaw]:
    """The flaws that show only beside the chunk the question was written from, in the order of `GROUNDING_RULES`."""
    span = find_quote(chunk_text, question.quote)
    return [
        Flaw(rule.name, rule.severity, detail)
        for rule in GROUNDING_RULES
        for detail in rule.check(question, chunk_text, span)
    ]
