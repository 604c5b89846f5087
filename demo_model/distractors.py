"""Wrong answers: other terms of the same text that could stand where the key stands, and are not it."""

import hashlib
import re
from collections.abc import Iterable, Sequence

from rapidfuzz import fuzz

from demo_model import words as w
from demo_model.facts import Fact, Kind
from demo_model.phrases import content_stems, head_of
from demo_model.sentences import words_of
from demo_model.terms import Term

WANTED = 3
FEWEST = 2
_ENOUGH_WEIGHT = 1.0
_YEAR = re.compile(r"\b(?:1[0-9]{3}|20[0-9]{2})\b")


def shuffle_key(text: str, salt: str) -> bytes:
    """A place in an order that looks random and is always the same."""
    return hashlib.sha256(f"{salt}|{text}".encode("utf-8", "replace")).digest()


def wrong_terms(fact: Fact, key: Term, pool: Sequence[Term], *, strict: bool = True) -> list[Term]:
    """Up to three other terms of the same shape as the key, best first chosen, ordered by hash; empty if too few."""
    key_stems, stem_stems = content_stems(fact.key), content_stems(fact.stem)
    ranked = sorted(
        (term for term in pool if _fits(term, key, fact, strict=strict) and not _overlaps(term, key_stems, stem_stems)),
        key=lambda term: (-_likeness(term, key), shuffle_key(term.text, fact.stem)),
    )
    chosen: list[Term] = []
    for term in ranked:
        if all(_distinct(term.text, other) for other in (fact.key, *(one.text for one in chosen))):
            chosen.append(term)
        if len(chosen) == WANTED:
            break
    if len(chosen) < FEWEST:
        return []
    echoed = key_stems & stem_stems
    if echoed - frozenset[str]().union(*(content_stems(term.text) for term in chosen)):
        return []  # a word of the stem in the key alone gives it away
    lengths = [len(term.text) for term in (key, *chosen)]
    many_words = len(words_of(key.text.replace("-", " "))) > 3
    if max(lengths) > 2.8 * min(lengths) or (many_words and max(lengths[1:]) < 0.8 * lengths[0]):
        return []  # the odd one out draws the eye
    return sorted(chosen, key=lambda term: shuffle_key(term.text, fact.stem))


def _fits(term: Term, key: Term, fact: Fact, *, strict: bool) -> bool:
    """Whether a term has the shape of the key, and the sentence that proves the key doesn't speak of it."""
    return (
        term.plural == key.plural
        and term.person == key.person
        and term.proper == key.proper
        and abs(term.size - key.size) <= (1 if strict else 2)
        and (0.5 if strict else 0.4) <= len(term.text) / len(key.text) <= (2 if strict else 2.5)
        and fact.sentence not in term.sentences
    )


def _overlaps(term: Term, key: frozenset[str], stem: frozenset[str]) -> bool:
    """Whether one is the other with a word more, such as "sleep" and "REM sleep", or the stem speaks of it."""
    own = content_stems(term.text)
    return own <= key or key <= own or own <= stem


def _distinct(one: str, other: str) -> bool:
    first, second = content_stems(one), content_stems(other)
    if one.split()[:2] == other.split()[:2]:
        return False  # "theory X managers" are "theory X supervisors"
    return not (first <= second or second <= first) and fuzz.ratio(one, other) < 85


def _likeness(term: Term, key: Term) -> float:
    """How plausible a term is in the key's place."""
    likeness = min(term.weight, 4.0)
    likeness += 1.5 * (head_of(term.text) == head_of(key.text)) + 0.7 * (term.text[-3:] == key.text[-3:])
    likeness += 1.0 * (term.definition is not None and key.definition is not None)
    likeness += 0.5 * (term.size == key.size)
    near = min(abs(here - there) for here in term.sentences for there in key.sentences)
    return likeness - min(near, 40) * 0.02


def wrong_years(fact: Fact, plain_text: str) -> list[str]:
    """Three other years: of the text where it has them near enough, shifted ones otherwise."""
    year = int(fact.key)
    near = sorted(
        {int(found) for found in _YEAR.findall(plain_text)} - {year},
        key=lambda other: (abs(other - year), other),
    )
    chosen = [other for other in near if 2 <= abs(other - year) <= 40][:2]
    shifts = sorted((-28, -17, -11, -6, 5, 9, 14, 23), key=lambda shift: shuffle_key(str(shift), fact.stem))
    for shift in shifts:
        if len(chosen) < WANTED and year + shift < 2030 and all(abs(year + shift - other) > 1 for other in chosen):
            chosen.append(year + shift)
    return [str(other) for other in chosen]


def can_be_option(fact: Fact) -> bool:
    """Whether a definition can stand as an option: fair length, no absolutes, no vague words, no word of the term."""
    words = words_of(fact.meaning.lower())
    return (
        3 <= len(words) <= 18
        and not (w.ABSOLUTES | w.VAGUE) & set(words)
        and not content_stems(fact.meaning) & content_stems(fact.subject)
    )


def wrong_meanings(fact: Fact, facts: Iterable[Fact]) -> list[Fact]:
    """Up to three definitions of other terms, of comparable length; empty if too few or the key would stand out."""
    key_stems, term_stems = content_stems(fact.meaning), content_stems(fact.subject)
    fitting = [
        other
        for other in facts
        if other.meaning
        and other.sentence != fact.sentence
        and other.plural == fact.plural
        and other.kind is Kind.DEFINITION
        and 0.45 <= len(other.meaning) / len(fact.meaning) <= 2.2
        and can_be_option(other)
        and not term_stems & (content_stems(other.subject) | content_stems(other.meaning))
        and len(key_stems & content_stems(other.meaning)) * 2 < len(key_stems)
        and not content_stems(other.subject) & key_stems
    ]
    fitting.sort(key=lambda other: (abs(len(other.meaning) - len(fact.meaning)), shuffle_key(other.meaning, fact.stem)))
    chosen: list[Fact] = []
    for other in fitting:
        if all(fuzz.token_set_ratio(other.meaning, one.meaning) < 70 and other.key != one.key for one in chosen):
            chosen.append(other)
        if len(chosen) == WANTED:
            break
    if len(chosen) < WANTED or max(len(one.meaning) for one in chosen) < 0.8 * len(fact.meaning):
        return []
    return sorted(chosen, key=lambda one: shuffle_key(one.meaning, fact.stem))
