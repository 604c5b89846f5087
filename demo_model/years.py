"""Questions for a year that the text gives."""

import re
from collections.abc import Iterator

from demo_model import verbs as v
from demo_model.clauses import without_connective
from demo_model.facts import Fact, Kind, wording_quality
from demo_model.phrases import is_plural, phrase_at, tokenize
from demo_model.sentences import Sentence

_OPENING = re.compile(r"In (1[0-9]{3}|20[0-9]{2}), (.+)")
# What may follow a year inside a sentence and still belong to the question.
_CLOSING = re.compile(r"(.+) in (1[0-9]{3}|20[0-9]{2})((?: (?:at|by|with|when|as|during|to|for|from|after) .+)?)")
_YEAR = re.compile(r"\b(?:1[0-9]{3}|20[0-9]{2})\b")


def year_facts(index: int, sentence: Sentence) -> Iterator[Fact]:
    """Facts of the form "In 1879, …" or "… in 1879"; sentences with two years are left alone."""
    text = without_connective(sentence.plain).rstrip(".")
    if len(_YEAR.findall(text)) != 1:
        return
    opening, closing = _OPENING.fullmatch(text), _CLOSING.fullmatch(text)
    if opening:
        year, rest = opening.groups()
    elif closing:
        rest, year, tail = closing.groups()
        rest += tail
    else:
        return
    rest = re.split(r"; |, (?=(?:which|who|but|while|whereas|although|and) )", rest)[0]
    quality = wording_quality(tokenize(rest))
    mid = closing is not None and closing.group(3) != ""
    stem = _stem(rest, closed=not mid)
    if quality and stem and len(rest.split()) >= 5:
        yield Fact(Kind.YEAR, index, stem, year, 0.85 * quality)


def _stem(rest: str, *, closed: bool) -> str:
    """A question where the grammar allows one, a completion otherwise."""
    tokens = tokenize(rest)
    phrase = phrase_at(tokens, 0)
    if phrase is not None and phrase.last < len(tokens):
        verb = tokens[phrase.last]
        subject = rest[: tokens[phrase.last - 1].end]
        if phrase.determiner:
            subject = subject[0].lower() + subject[1:]
        if verb.text in ("was", "were") and (verb.text == "were") == is_plural(tokens[phrase.head].text):
            return f"In which year {verb.text} {subject}{rest[verb.end :]}?"
        if verb.lower in v.PASTS and verb.lower not in v.BASES:
            return f"In which year did {subject} {v.PASTS[verb.lower]}{rest[verb.end :]}?"
    if not closed:
        return ""  # the blank would stand too far from where the year stood
    return f"{rest[0].upper()}{rest[1:]} in the year ________."
