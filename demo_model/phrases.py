"""Tokens and noun phrases: the little grammar that the patterns share."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from demo_model import verbs as v
from demo_model import words as w

_TOKEN = re.compile(r"[^\W_]+(?:[-'’.][^\W_]+)*['’]?|[^\w\s]")
_ADJECTIVE = re.compile(r"(?:al|ive|ous|ic|ful|less|able|ible|ary|ed|ish|like|ier|iest)$")
_SINGULAR_IN_S = re.compile(r"(?:ss|us|is|ics|ness|'s|’s)$")
_LONGEST_PHRASE = 5
# Longest first.
_ENDINGS = (
    "ations", "ation", "ments", "ment", "ings", "ing", "ions", "ion",
    "ies", "ed", "es", "al", "ic", "s", "y", "e",
)  # fmt: skip
# Before one of these a form that could be a noun mostly is one ("tests for"); not in the pairs.
_AFTER_NOUN = w.PREPOSITIONS | w.AUXILIARIES | {"and", "or"}
_PHRASAL = frozenset(
    zip(
        ("leads", "points", "results", "results", "acts", "acts", "functions", "works", "runs", "turns", "stems"),
        ("to", "to", "in", "from", "as", "on", "as", "by", "through", "into", "from"),
        strict=True,
    )
)


class Token(NamedTuple):
    """A word or a mark, where it stands in the plain sentence; `lower` is the word as the lists have it."""

    text: str
    lower: str
    start: int
    end: int

    @property
    def is_word(self) -> bool:
        """Whether this is a word, not a mark."""
        return self.text[0].isalnum()


@dataclass(frozen=True, slots=True)
class NounPhrase:
    """Tokens `first` to `last` (exclusive), without determiner; `head` is the index of the noun that it is about."""

    first: int
    last: int
    head: int
    determiner: str


@lru_cache(maxsize=4096)  # the patterns look at the same sentence one after the other
def tokenize(plain: str) -> tuple[Token, ...]:
    """The tokens of a plain sentence."""
    return tuple([Token(found.group(), found.group().lower(), *found.span()) for found in _TOKEN.finditer(plain)])


def is_adverb(word: str) -> bool:
    """Whether a lower-case word is an adverb by its ending or by the list."""
    return word in w.ADVERBS or (
        word.endswith("ly") and len(word) > 4 and not word.endswith(("mily", "embly", "omaly"))
    )


def may_be_in_phrase(token: Token) -> bool:
    """Whether the word can be a part of a noun phrase."""
    word = token.lower
    if not token.text[0].isalpha() or word in w.FUNCTION_WORDS or is_adverb(word):
        return False
    if word in v.SURE_VERBS:
        return word in v.PARTICIPLES and word.endswith("ed")  # "learned helplessness"
    return re.search(r"['’](?!s$)", word) is None


def may_be_head(token: Token) -> bool:
    """Whether the word can be the noun that ends a phrase."""
    word = token.lower
    if word in w.ADJECTIVES or word.endswith(("'s", "’s")) or (word in v.SURE_VERBS):
        return False
    return word in w.NOUNS_LIKE_ADJECTIVES or not _ADJECTIVE.search(word) or token.text[0].isupper()


def has_verb(tokens: Sequence[Token]) -> bool:
    """Whether there is a word that can only be a verb."""
    return any(
        token.lower in w.AUXILIARIES or token.lower in v.SURE_VERBS or (index > 0 and is_predicate(tokens, index))
        for index, token in enumerate(tokens)
    )


def phrase_at(tokens: Sequence[Token], index: int) -> NounPhrase | None:
    """The longest noun phrase that begins at `index`, determiner included, "of" excluded."""
    determiner = ""
    if index < len(tokens) and tokens[index].lower in w.DETERMINERS:
        determiner = tokens[index].lower
        index += 1
        if index < len(tokens) and tokens[index].lower in ("first", "second", "third"):
            index += 1
    end = index
    while end < len(tokens) and end - index < _LONGEST_PHRASE and may_be_in_phrase(tokens[end]):
        if end > index and is_predicate(tokens, end):
            break
        end += 1
    while end > index and not may_be_head(tokens[end - 1]):
        end -= 1
    return NounPhrase(index, end, end - 1, determiner) if end > index else None


@lru_cache(maxsize=16_384)
def is_plural(word: str) -> bool:
    """Whether a noun is plural, by its ending."""
    word = word.lower()
    if word in w.PLURALS:
        return True
    return word.endswith("s") and word not in w.SINGULARS_IN_S and not _SINGULAR_IN_S.search(word)


def is_predicate(tokens: Sequence[Token], index: int) -> bool:
    """Whether a word that could be a noun is the verb of what stands before: "genes | influence", "a study | shows"."""
    word, before = tokens[index].lower, tokens[index - 1]
    if tokens[index].text.istitle() and before.text[0].islower() and before.lower not in w.PEOPLE:
        return True  # "the reflex | Pavlov studied": a clause begins
    plural_before = is_plural(before.text)
    if plural_before:
        return word in v.BASES or word in v.GERUNDS
    following = tokens[index + 1] if index + 1 < len(tokens) else None
    if word not in v.THIRDS or following is None or not following.is_word:
        return False
    if (word, following.lower) in _PHRASAL:
        return True
    return following.lower not in _AFTER_NOUN


@lru_cache(maxsize=16_384)
def head_of(text: str) -> str:
    """The noun that a term is about: the last word, or the one before "of"."""
    return re.split(r" (?:of|for|in|to) ", text, maxsplit=1)[0].split()[-1]


def verb_number(word: str) -> str:
    """`singular`, `plural`, `any` for a finite verb in lower case, `` for another word."""
    if word in ("is", "was", "has", "does"):
        return "singular"
    if word in ("are", "were", "have", "do"):
        return "plural"
    if word in w.MODALS or word == "had":
        return "any"
    if word in v.PASTS and word not in v.BASES:
        return "any"
    if word in v.THIRDS:
        return "singular"
    return "plural" if word in v.BASES else ""


@lru_cache(maxsize=16_384)
def stem_of(word: str) -> str:
    """A word without its commonest endings, to find the same word in another form."""
    word = word.lower().replace("’", "'").removesuffix("'s")
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


@lru_cache(maxsize=16_384)
def content_stems(text: str) -> frozenset[str]:
    """The stems of the words that carry meaning."""
    return frozenset(
        stem_of(token.text)
        for token in tokenize(text.replace("-", " "))
        if token.is_word and len(token.text) > 2 and token.lower not in w.FUNCTION_WORDS
    )
