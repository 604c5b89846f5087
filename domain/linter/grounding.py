"""Rules that tie a question to its source: the quote is there, and it speaks of the key."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from domain.linter.flaw import Flaw, Severity
from domain.question import Question
from domain.signs import DASHES, DOUBLE_QUOTES, INVISIBLE, SINGLE_QUOTES, SPACES
from domain.words import clip, content_words

# A quote with fewer letters and digits proves nothing: it would be found anywhere.
_LEAST_QUOTE = 10
# How far "beside the quote" reaches, in characters each side: about a sentence and a half.
BESIDE = 250
# Share of the key's content words that must stand in or beside the quote; the rest may be the key's own wording.
KEY_WORDS_FOUND = 0.5

# Each of these turns one character into one, so that offsets stay.
_ONE_TO_ONE = str.maketrans(
    dict.fromkeys(SINGLE_QUOTES, "'")
    | dict.fromkeys(DOUBLE_QUOTES, '"')
    | dict.fromkeys(DASHES, "-")
    | dict.fromkeys(SPACES, " ")
)
# What takes more or fewer characters than it gives: links, emphasis, invisible characters, escapes, ellipses, spaces.
_SPECIAL = re.compile(
    r"(?P<link>!?\[(?P<shown>[^\[\]\n]*)\]\([^()\s]*(?: +\"[^\"\n]*\")?\))"
    rf"|(?P<drop>\*+|(?<!\w)_+|_+(?!\w)|[{INVISIBLE}]|\\(?=[!-/:-@\[-`{{-~]))"
    r"|(?P<dots>…)"
    r"|(?P<space> +)"
)


class _Normal:
    """Text in the form in which quotes are compared, each character with its place in the original."""

    def __init__(self, text: str) -> None:
        self._pieces: list[str] = []
        self._offsets: list[int] = []
        self._after_space = True  # leading white space vanishes
        self._add(text.translate(_ONE_TO_ONE), 0)
        if self._offsets and self._pieces[-1].endswith(" "):
            self._pieces[-1] = self._pieces[-1][:-1]
            self._offsets.pop()
        self.text = "".join(self._pieces)

    def _keep(self, text: str, at: int) -> None:
        if text:
            self._pieces.append(text)
            self._offsets.extend(range(at, at + len(text)))
            self._after_space = False

    def _add(self, text: str, at: int) -> None:
        done = 0
        for special in _SPECIAL.finditer(text):
            self._keep(text[done : special.start()], at + done)
            done = special.end()
            if special["link"] is not None:
                self._add(special["shown"], at + special.start("shown"))
            elif special["dots"]:
                self._pieces.append("...")
                self._offsets.extend([at + special.start()] * 3)
                self._after_space = False
            elif special["space"] and not self._after_space:
                self._pieces.append(" ")
                self._offsets.append(at + special.start())
                self._after_space = True
        self._keep(text[done:], at + done)

    def span(self, start: int, length: int) -> tuple[int, int]:
        """Where `length` characters from `start` stand in the original."""
        return self._offsets[start], self._offsets[start + length - 1] + 1


def find_quote(chunk_text: str, quote: str) -> tuple[int, int] | None:
    """Where `quote` stands in `chunk_text`: (start, end) in characters of `chunk_text` as it is; None when it does not.

    White space, kinds of quotation mark and dash, ellipses, Markdown emphasis, links and invisible characters are
    not compared; letters, case, digits and every other sign are. Outer quotation marks and ellipses of `quote` are
    the model's and don't count. A quote without a letter or digit is none.
    """
    quote = quote.strip()
    if not any(map(str.isalnum, quote)):
        return None
    at = chunk_text.find(quote)
    if at >= 0:
        return at, at + len(quote)
    wanted = _Normal(quote).text
    normal = _Normal(chunk_text)
    for form in dict.fromkeys((wanted, wanted.strip("\"' ."), wanted.strip("\"' ").removesuffix("...").strip())):
        at = normal.text.find(form) if form else -1
        if at >= 0:
            return normal.span(at, len(form))
    return None


def quote_verbatim(question: Question, chunk_text: str) -> Iterator[str]:
    """The quote stands verbatim in the chunk (ours: a question that the text does not prove is not shown)."""
    if sum(map(str.isalnum, question.quote)) < _LEAST_QUOTE:
        yield "The quote is too short; copy the whole sentence of the text that proves the right answer."
    elif find_quote(chunk_text, question.quote) is None:
        yield (
            f"The quote {clip(question.quote)} does not stand in the text;"
            " copy one sentence of the text character for character."
        )


def key_grounded(question: Question, chunk_text: str) -> Iterator[str]:
    """At least half of the key's content words stand in the quote or within 250 characters of it (ours)."""
    if not 0 <= question.key < len(question.options):
        return
    wanted = content_words(question.key_text)
    found = find_quote(chunk_text, question.quote)
    if not wanted or found is None:
        return
    start, end = found
    near = content_words(_beside(chunk_text, start, end)) | content_words(question.quote)
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
    """Like `Rule`, but `check` reads the chunk beside the question."""

    name: str
    severity: Severity
    source: str
    check: Callable[[Question, str], Iterator[str]]


# The rules that need the chunk, in the order in which flaws are told.
GROUNDING_RULES: tuple[GroundingRule, ...] = (
    GroundingRule("quote-verbatim", Severity.ERROR, "ours", quote_verbatim),
    GroundingRule("key-grounded", Severity.WARNING, "ours", key_grounded),
)


def lint_grounding(question: Question, chunk_text: str) -> list[Flaw]:
    """The flaws that show only beside the chunk the question was written from, in the order of `GROUNDING_RULES`."""
    return [
        Flaw(rule.name, rule.severity, detail)
        for rule in GROUNDING_RULES
        for detail in rule.check(question, chunk_text)
    ]
