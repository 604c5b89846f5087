"""The last resort, and all that is left in a language the rules don't know: a sentence without its last word."""

import re
from collections.abc import Iterable, Iterator

from demo_model import verbs as v
from demo_model import words as w
from demo_model.distractors import FEWEST, WANTED
from demo_model.facts import Fact, Kind
from demo_model.phrases import is_plural
from demo_model.sentences import Sentence, words_of

# A word that ends a clause is most often a noun, in most languages with Latin, Greek or Cyrillic letters.
_CLOSING_WORD = re.compile(r"(?<![-'’\w])([^\W\d_]{4,})(?=[.,;:])")
_NO_NOUNS = w.FUNCTION_WORDS | w.ADJECTIVES | v.SURE_VERBS | v.GERUNDS
_SHORTEST_KEY = 5
_QUALITY = 0.2


def last_word_facts(index: int, sentence: Sentence, *, english: bool) -> Iterator[Fact]:
    """The fact that a sentence ends with its last word, if that is a long one."""
    text = sentence.plain.rstrip(".")
    words = words_of(text)
    key = words[-1]
    if len(key) < _SHORTEST_KEY or not key.isalpha() or not text.endswith(key) or words.count(key) > 1:
        return
    if english and (not _may_be_noun(key) or w.NEGATIONS & {word.lower() for word in words}):
        return
    yield Fact(Kind.CLOZE, index, f"{text[: -len(key)].rstrip()} ________.", key, _QUALITY, plural=is_plural(key))


def wrong_words(fact: Fact, sentences: Iterable[Sentence], *, english: bool) -> list[tuple[str, int]]:
    """Up to three words that end other clauses, of the key's look, each with the index of its sentence; or none."""
    own, key = "", fact.key
    found: dict[str, tuple[str, int]] = {}
    for index, sentence in enumerate(sentences):
        if index == fact.sentence:
            own = sentence.plain.lower()
            continue
        for word in _CLOSING_WORD.findall(sentence.plain):
            if not english or (_may_be_noun(word) and is_plural(word) == fact.plural):
                found.setdefault(word.lower(), (word, index))
    fitting = [
        (word, index)
        for lower, (word, index) in found.items()
        if lower not in own and word[0].isupper() == key[0].isupper() and 0.5 <= len(word) / len(key) <= 2
    ]
    fitting.sort(key=lambda one: (one[0][-2:] != key[-2:], abs(len(one[0]) - len(key)), one[0]))
    return fitting[:WANTED] if len(fitting) >= FEWEST else []


def _may_be_noun(word: str) -> bool:
    word = word.lower()
    return word not in _NO_NOUNS and not word.endswith(("ly", "ed"))
