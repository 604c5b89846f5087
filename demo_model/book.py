"""Everything that can be asked about one text, in the order of the text. Cached: a chunk is asked about many times."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from demo_model.clozes import foreign_facts
from demo_model.distractors import WANTED, can_be_option, wrong_meanings, wrong_terms, wrong_years
from demo_model.facts import Fact, Kind
from demo_model.names import name_facts
from demo_model.numbers import number_facts, wrong_numbers
from demo_model.objects import object_facts
from demo_model.sentences import Sentence, sentences, words_of
from demo_model.subjects import subject_facts
from demo_model.terms import Term, Terms
from demo_model.years import year_facts

# A sentence of fewer words says too little, one of more is no reading for a stem.
_FEWEST_WORDS, _MOST_WORDS = 6, 45
# Traces of figures, references and marks that were left out; and what only makes sense on its page.
_BROKEN = re.compile(
    r"\b(?:figures?|tables?|chapters?|sections?|modules?|textbook|appendix|photo|image|watch|click|https?|www|et al)\b"
    r"|\bas (?:mentioned|discussed|noted|described|stated|explained|you)\b|\b(?:as|and) (?:shows?|illustrates?|depicts?|demonstrates?)\b|\b(?:in|see|by|of|from|with|to|for|at|on|as|the|a|and) ?[.,;:]"
    r"|\.\.|,,|, ?\.|[@#{}\[\]|\\<>=~^*_]|\bp\. ?\d",
    re.IGNORECASE,
)
# How much a text must make of a term that is asked for.
_ENOUGH_KEY_WEIGHT = 0.5
_QUOTE_LIMIT = 220


@dataclass(frozen=True, slots=True)
class Item:
    """A question that can be asked: a fact and its wrong answers, each with the reason why it is wrong."""

    fact: Fact
    wrong: tuple[tuple[str, str], ...]
    quote: str
    explanation: str
    quality: float


@lru_cache(maxsize=256)
def open_book(text: str) -> tuple[Item, ...]:
    """Every item of the text; the better ones have the higher quality."""
    found = sentences(text)
    usable = [index for index, sentence in enumerate(found) if _usable(sentence)]
    if not _is_english(text):
        return tuple(_foreign_items(found, usable))
    terms = Terms(text, found)
    facts = [fact for index in usable for fact in _facts(index, found[index], terms)]
    every = [term for term in terms.by_name.values() if term.weight >= 0.5]
    pool = [term for term in every if term.weight >= 1.2]
    items: list[Item] = []
    for fact in facts:
        items.extend(_items(fact, facts, terms, pool, every, found))
    return tuple(items)


def _facts(index: int, sentence: Sentence, terms: Terms) -> Iterator[Fact]:
    yield from subject_facts(index, sentence, terms)
    yield from name_facts(index, sentence, terms)
    yield from year_facts(index, sentence)
    yield from number_facts(index, sentence)
    yield from object_facts(index, sentence, terms)


def _items(
    fact: Fact, facts: list[Fact], terms: Terms, pool: list[Term], every: list[Term], found: list[Sentence]
) -> Iterator[Item]:
    """The item of a fact, and for a definition also the question turned round."""
    sentence = found[fact.sentence]
    if fact.kind in (Kind.YEAR, Kind.NUMBER):
        others = (
            wrong_years(fact, " ".join(one.plain for one in found)) if fact.kind is Kind.YEAR else wrong_numbers(fact)
        )
        reasons = tuple((other, f"It is {fact.key}: “{_clip(sentence.plain)}”") for other in others)
        yield Item(fact, reasons, sentence.raw, sentence.plain, fact.quality)
        return
    if fact.meaning and can_be_option(fact):
        others = wrong_meanings(fact, facts)
        if others:
            verb = "are" if fact.plural else "is"
            turned = replace(fact, kind=Kind.MEANING, stem=f"What {verb} {fact.subject}?", key=fact.meaning)
            meant = tuple((other.meaning, f"That is what the text says of {other.subject}.") for other in others)
            yield Item(turned, meant, sentence.raw, sentence.plain, 0.9 * fact.quality)
    key = terms.get(fact.key)
    if key is None or key.weight < _ENOUGH_KEY_WEIGHT:
        return
    wrong = wrong_terms(fact, key, pool) if key.weight >= 1.5 else []
    wrong = wrong if len(wrong) == WANTED else wrong_terms(fact, key, every)
    if wrong:
        quality = fact.quality - 0.1 * (len(wrong) < WANTED) - 0.15 * max(2 - key.weight, 0)
        yield Item(
            fact, tuple((term.text, _reason(term, found)) for term in wrong), sentence.raw, sentence.plain, quality
        )


def _reason(term: Term, found: list[Sentence]) -> str:
    """Why a term is wrong: what the text says of it instead, in its own words."""
    where = term.sentences[0] if term.definition is None else term.definition
    name = term.text[0].upper() + term.text[1:]
    return f"{name} {'are' if term.plural else 'is'} something else: “{_clip(found[where].plain)}”"


def _clip(text: str) -> str:
    return text if len(text) <= _QUOTE_LIMIT else text[:_QUOTE_LIMIT].rsplit(" ", 1)[0] + " …"


def _usable(sentence: Sentence) -> bool:
    plain = sentence.plain
    words = len(plain.split())
    return (
        _FEWEST_WORDS <= words <= _MOST_WORDS
        and plain.endswith(".")
        and (plain[0].isupper() or plain[0].isdigit())
        and not _BROKEN.search(plain)
        and not any("\ud800" <= character <= "\udfff" for character in sentence.raw)
    )


def _is_english(text: str) -> bool:
    """Whether the commonest English words are as frequent as in English."""
    words = [word.lower() for word in words_of(text[:8000])]
    hits = sum(
        word in ("the", "of", "and", "is", "are", "to", "that", "a", "by", "with", "from", "as") for word in words
    )
    return hits >= 0.12 * max(len(words), 1)


def _foreign_items(found: list[Sentence], usable: list[int]) -> Iterator[Item]:
    """Cloze items only; the wrong answers are last words of other sentences."""
    facts = [fact for index in usable for fact in foreign_facts(index, found[index])]
    for fact in facts:
        others = {
            other.key: other
            for other in facts
            if other.key.lower() != fact.key.lower()
            and other.key[0].isupper() == fact.key[0].isupper()
            and 0.5 <= len(other.key) / len(fact.key) <= 2
            and other.key not in found[fact.sentence].plain
        }
        wrong = sorted(others.values(), key=lambda other: (abs(len(other.key) - len(fact.key)), other.key))[:3]
        if len(wrong) >= 2:
            sentence = found[fact.sentence]
            reasons = tuple((other.key, f"“{_clip(found[other.sentence].plain)}”") for other in wrong)
            yield Item(fact, reasons, sentence.raw, sentence.plain, fact.quality)
