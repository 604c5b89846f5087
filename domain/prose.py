"""How much of a text is prose that a question can be asked about."""

import re

_HEADING = re.compile(r"\s*#{1,6}(?:\s|\Z)")
_RULE = re.compile(r"[\s\-=*_~`|:+]*\Z")
_LINK = re.compile(r"!?\[[^\[\]\n]*\]\([^()\n]*\)|<?\b(?:https?|ftp|mailto):[^\s>)]+>?|\bwww\.[^\s>)]+")
_BULLET = re.compile(r"\s*(?:[-*+•]|\d{1,9}[.)])\s+")


def prose_length(text: str, enough: int) -> int:
    """Letters and digits of `text` that stand in sentences, counted until there are `enough`.

    Headings, rules, URLs and lines that are nothing but a link don't count. Code and tables do; questions are asked
    about them too.
    """
    length = at = 0
    while length < enough and at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        length += _line_length(text[at:end])
        at = end + 1
    return length


def _line_length(line: str) -> int:
    if not line or _HEADING.match(line) or _RULE.match(line):
        return 0
    line = _BULLET.sub("", line, count=1)
    if "[" in line or "://" in line or "www." in line or "mailto:" in line:
        bare = _LINK.sub(" ", line)
        if not any(map(str.isalnum, bare)):
            return 0
        line = re.sub(r"\]\([^()\n]*\)", "] ", line)
    return sum(map(str.isalnum, line))
