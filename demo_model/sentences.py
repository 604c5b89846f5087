"""Cuts a text into sentences that can be quoted: each is a verbatim slice, with a plain reading beside it.

Headings, tables, code, captions and reference lists are no sentences. The plain reading is free of Markdown marks,
citations and remarks in brackets; stems and keys are worded from it, quotes only from the slice.
"""

import re
from dataclasses import dataclass

_MARKDOWN_BLOCK = re.compile(
    r"\s*(?:#|\||```|~~~|<|!\[|\[\^|={3,}|-{3,}|\*{3,}|(?:Figure|Table|Source|Photo|Credit)\b)"
)
_LIST_MARK = re.compile(r"\s*(?:[-*+•]|\d{1,2}[.)])\s+|\s*>\s?")
# A full stop after one of these ends no sentence.
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|cf|vs|al|ca|approx|Dr|Mr|Mrs|Ms|Prof|St|Jr|Sr|Fig|No|vol|pp?|U\.S|U\.K|f\.eks|bl\.a|z\.B|d\.h)"
    r"|(?:^|[\s(])[A-Z])\.$"
)
_END = re.compile(r"[.!?][\"'”’»)\]]*(?=\s|$)")
_BRACKETS = re.compile(r"\s*\((?:[^()]|\([^()]*\))*\)|\s*\[[^\[\]]*\]")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
_EMPHASIS = re.compile(r"(\*\*|__|\*|`|(?<!\w)_|_(?!\w))")
_LONGEST = 1_200
_WORD = re.compile(r"[^\W_]+(?:[-'’.][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Sentence:
    """`raw` is the slice of the text, which starts at `start`; `plain` how it reads."""

    raw: str
    plain: str
    start: int


def words_of(text: str) -> list[str]:
    """The words of a text, without punctuation."""
    return _WORD.findall(text)


def plain(raw: str) -> str:
    """A sentence as one reads it aloud."""
    text = _LINK.sub(r"\1", raw)
    text = _BRACKETS.sub("", text)
    text = _EMPHASIS.sub("", text)
    text = re.sub(r"\s+", " ", text).strip()
    return re.sub(r" ([.,;:!?])(?=[\s\"”’]|$)", r"\1", text)


def sentences(text: str) -> list[Sentence]:
    """Every sentence of the text, in order."""
    found = []
    for start, end in _blocks(text):
        found.extend(_split(text, start, end))
    return found


def headings(text: str) -> list[str]:
    """The headings of a Markdown text, without their marks."""
    return [plain(line.lstrip("# ")) for line in re.findall(r"^#{1,6} .*$", text, re.MULTILINE)]


def _blocks(text: str) -> list[tuple[int, int]]:
    """Spans of running text: paragraphs and list items, whose lines belong together."""
    blocks: list[tuple[int, int]] = []
    position, fenced, open_block = 0, False, False
    for line in text.splitlines(keepends=True):
        start, position = position, position + len(line)
        if line.lstrip().startswith(("```", "~~~")):
            fenced, open_block = not fenced, False
            continue
        if fenced or not line.strip() or _MARKDOWN_BLOCK.match(line):
            open_block = False
            continue
        mark = _LIST_MARK.match(line)
        if mark is not None:
            blocks.append((start + mark.end(), position))
        elif open_block:
            blocks[-1] = (blocks[-1][0], position)
        else:
            blocks.append((start, position))
        open_block = True
    return blocks


def _split(text: str, start: int, end: int) -> list[Sentence]:
    found = []
    for stop in _END.finditer(text, start, end):
        if _ABBREVIATION.search(text, max(start, stop.end() - 8), stop.end()):
            continue
        following = text[stop.end() : end].lstrip()
        if following and following[0].islower():
            continue
        raw = text[start : stop.end()]
        lead = len(raw) - len(raw.lstrip())
        # Longer than any sentence worth quoting; also a bound for the patterns that read it.
        if raw.strip() and len(raw) <= _LONGEST:
            found.append(Sentence(raw.strip(), plain(raw), start + lead))
        start = stop.end()
    return found
