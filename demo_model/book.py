"""Everything that can be asked about one text, in the order of the text. Cached: a chunk is asked about many times."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from demo_model.clozes import last_word_facts, wrong_words
from demo_model.distractors import FEWEST, WANTED, can_be_option, wrong_meanings, wrong_terms, wrong_years
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
    r"|\bas (?:mentioned|discussed|noted|described|stated|explained|you)\b"
    r"|\b(?:as|and) (?:shows?|illustrates?|depicts?|demonstrates?)\b"
    r"|\b(?:in|see|by|of|from|with|to|for|at|on|as|the|a|and) ?[.,;:]"
    r"|^(?:imagine|consider|recall|think|suppose|let|notice|remember|take|look|try|note|picture) |[.!?] [a-z]"
    r"|\.\.|,,|, ?\.|[@#{}\[\]|\\<>=~^*_]|\bp\. ?\d",
    re.IGNORECASE,
)
_SURROGATE = re.compile("[\ud800-\udfff]")
# The work grows with the square of the text. Chunks are far shorter; of a whole book only the beginning is read.
_LONGEST_TEXT = 40_000
_QUOTE_LIMIT = 90  # characters: enough to see where the text speaks of it
# With fewer items than this, any sentence has to do.
_FEW_ITEMS = 5
_POOR = 0.2


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
    # A lone surrogate can be read but not sent: such sentences are left out altogether.
    text = text[:_LONGEST_TEXT]
    found = [sentence for sentence in sentences(text) if not _SURROGATE.search(sentence.raw)]
    usable = [index for index, sentence in enumerate(found) if _usable(sentence)]
    if not _is_english(text):
        return tuple(_cloze_items(found, usable, english=False))
    terms = Terms(text, found)
    facts = [fact for index in usable for fact in _facts(index, found[index], terms)]
    for term in terms.by_name.values():
        term.weigh()
    every = [term for term in terms.by_name.values() if term.weight >= 0.5]
    pool = [term for term in every if term.weight >= 1.2]
    items: list[Item] = []
    for fact in facts:
        items.extend(_items(fact, facts, terms, pool, every, found))
    if sum(item.quality > _POOR for item in items) < _FEW_ITEMS:
        items.extend(_cloze_items(found, usable, english=True))
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
        years = wrong_years(fact, " ".join(one.plain for one in found)) if fact.kind is Kind.YEAR else []
        reason = f"It is {fact.key}: “{_clip(sentence.plain)}”"
        numbers = tuple((other, reason) for other in years or wrong_numbers(fact))
        yield Item(fact, numbers, sentence.raw, sentence.plain, fact.quality)
        return
    others = wrong_meanings(fact, facts) if fact.meaning and can_be_option(fact) else []
    if others:
        verb = "are" if fact.plural else "is"
        turned = replace(fact, kind=Kind.MEANING, stem=f"What {verb} {fact.subject}?", key=fact.meaning)
        meant = tuple((other.meaning, f"That is what the text says of {other.subject}.") for other in others)
        yield Item(turned, meant, sentence.raw, sentence.plain, 0.87 * fact.quality)
    key = terms.get(fact.key)
    if key is None:
        return
    wrong = wrong_terms(fact, key, pool) if key.weight >= 1.5 else []
    wrong = wrong if len(wrong) == WANTED else wrong_terms(fact, key, every)
    loose = len(wrong) < FEWEST
    if loose:
        wrong = wrong_terms(fact, key, list(terms.by_name.values()), strict=False)
    if wrong:
        quality = fact.quality - 0.1 * (len(wrong) < WANTED) - 0.15 * max(2 - key.weight, 0) - 0.3 * loose
        quality -= 0.25 * (key.proper and not key.person)
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
    )


def _is_english(text: str) -> bool:
    """Whether the commonest English words are as frequent as in English."""
    words = [word.lower() for word in words_of(text[:8000])]
    hits = sum(
        word in ("the", "of", "and", "is", "are", "to", "that", "a", "by", "with", "from", "as") for word in words
    )
    return hits >= 0.12 * max(len(words), 1)


def _cloze_items(found: list[Sentence], usable: list[int], *, english: bool) -> Iterator[Item]:
    """Sentences without their last word."""
    for index in usable:
        for fact in last_word_facts(index, found[index], english=english):
            sentence = found[index]
            wrong = tuple(
                (word, f"“{_clip(found[where].plain)}”") for word, where in wrong_words(fact, found, english=english)
            )
            if wrong:
                yield Item(fact, wrong, sentence.raw, sentence.plain, fact.quality)
