"""Questions for a number that the text gives: how many, what percentage."""

import hashlib
import re
from collections.abc import Iterator

from demo_model import words as w
from demo_model.clauses import shorten, without_connective
from demo_model.facts import Fact, Kind, says_enough, wording_quality
from demo_model.phrases import is_plural, phrase_at, tokenize
from demo_model.sentences import Sentence

_SMALL = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_PERCENT = re.compile(r"(?<![\d.–-])(\d{1,3}(?:\.\d+)?)(%| percent)(?= of )")
_COUNT = re.compile(
    rf"(?<= )(\d{{1,3}}(?:,\d{{3}})*(?:\.\d+)?(?: (?:thousand|million|billion|trillion))?|{'|'.join(_SMALL)}) (?=[a-z])"
)
# After one of these a number counts nothing that could be asked for: "the two", "stage 3", "by 20".
_NOT_COUNTING = frozenset(["the", "these", "those", "first", "next", "last", "other", "by", "to", "of", "age", "stage"])


def number_facts(index: int, sentence: Sentence) -> Iterator[Fact]:
    """Facts of the form "about 86 billion neurons", "20% of adults"; sentences with several numbers are left alone."""
    text = shorten(without_connective(sentence.plain).rstrip("."))
    tokens = tokenize(text)
    quality = wording_quality(tokens)
    numbers = [token for token in tokens if token.text[0].isdigit() or token.lower in _SMALL]
    if not quality or len(numbers) != 1:
        return
    percent = _PERCENT.search(text)
    if percent:
        stem = f"{text[: percent.start()]}what percentage{text[percent.end() :]}?"
        yield Fact(
            Kind.NUMBER, index, stem[0].upper() + stem[1:], percent.group().replace(" percent", "%"), 0.75 * quality
        )
        return
    count = _COUNT.search(text)
    if count is None:
        return
    following = tokenize(text[count.end() :])
    phrase = phrase_at(following, 0)
    if phrase is None or phrase.first != 0 or not is_plural(following[phrase.head].text):
        return
    before = text[: count.start()].split()
    if before and before[0].lower() in w.PREPOSITIONS | w.CONJUNCTIONS and len(before) < 6:
        return
    if (
        len(before) < 2
        or before[-1].lower() in _NOT_COUNTING
        or before[-1].lower().strip(",") in w.CONJUNCTIONS | w.POSSESSIVES | w.QUANTIFIERS - {"about"}
    ):
        return
    if before[-2].lower() in w.DETERMINERS:  # "the usual two ways"
        return
    stem = f"{text[: count.start()]}how many {text[count.end() :]}?"
    if says_enough(text, 3):
        yield Fact(Kind.NUMBER, index, stem, count.group(1), 0.75 * quality)


def wrong_numbers(fact: Fact) -> list[str]:
    """Three other numbers, written as the key is."""
    if fact.key in _SMALL:
        place = _SMALL.index(fact.key)
        near = [
            word for step in (-1, 1, 2, -2, 3, -3) if 0 <= place + step < len(_SMALL) for word in [_SMALL[place + step]]
        ]
        return near[:3]
    digits = re.match(r"[\d,.]+", fact.key)
    if digits is None:
        return []
    tail = fact.key[digits.end() :]
    plain = digits.group().replace(",", "").rstrip(".")
    value, places = float(plain), len(plain.partition(".")[2])
    factors = sorted(
        (0.25, 0.4, 0.6, 1.4, 1.75, 2.2), key=lambda f: hashlib.sha256(f"{f}|{fact.stem}".encode()).digest()
    )
    others: list[str] = []
    for factor in factors:
        other = value * factor
        if tail == "%" and other >= 100:
            continue
        size = 5 if not places and value >= 20 and value % 5 == 0 else 1
        text = f"{round(other / size) * size:,}" if not places else f"{other:,.{places}f}"
        if text + tail != fact.key and text + tail not in others and text != "0":
            others.append(text + tail)
    step = 1
    while len(others) < 3 and not places:  # a number too small for shares of it
        text = f"{round(value) + step}{tail}"
        others += [text] if text not in others else []
        step += 1
    return others[:3]
