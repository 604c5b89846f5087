"""Tokens and noun phrases: the little grammar that the patterns share."""

import re
from dataclasses import dataclass

from demo_model import words as w

_TOKEN = re.compile(r"[^\W_]+(?:[-'’.][^\W_]+)*['’]?|[^\w\s]")
_ADJECTIVE = re.compile(r"(?:al|ive|ous|ic|ful|less|able|ible|ary|ed|ish|like)$")
_SINGULAR_IN_S = re.compile(r"(?:ss|us|is|ics|ness|'s|’s)$")
_LONGEST_PHRASE = 5


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a mark, where it stands in the plain sentence."""

    text: str
    start: int
    end: int

    @property
    def lower(self) -> str:
        """The word as the lists have it."""
        return self.text.lower()

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


def tokenize(plain: str) -> list[Token]:
    """The tokens of a plain sentence."""
    return [Token(found.group(), found.start(), found.end()) for found in _TOKEN.finditer(plain)]


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
    if word in w.SURE_VERBS:
        return word in w.PARTICIPLES and word.endswith("ed")  # "learned helplessness"
    return not word.endswith(("n't", "’", "'"))


def may_be_head(token: Token) -> bool:
    """Whether the word can be the noun that ends a phrase."""
    word = token.lower
    if word in w.ADJECTIVES or word.endswith(("'s", "’s")) or (word in w.SURE_VERBS):
        return False
    return word in w.NOUNS_LIKE_ADJECTIVES or not _ADJECTIVE.search(word) or token.text[0].isupper()


def phrase_at(tokens: list[Token], index: int) -> NounPhrase | None:
    """The longest noun phrase that begins at `index`, determiner included, "of" excluded."""
    determiner = ""
    if index < len(tokens) and tokens[index].lower in w.DETERMINERS:
        determiner = tokens[index].lower
        index += 1
    end = index
    while end < len(tokens) and end - index < _LONGEST_PHRASE and may_be_in_phrase(tokens[end]):
        if end > index and _is_predicate(tokens, end):
            break
        end += 1
    while end > index and not may_be_head(tokens[end - 1]):
        end -= 1
    return NounPhrase(index, end, end - 1, determiner) if end > index else None


def is_plural(word: str) -> bool:
    """Whether a noun is plural, by its ending."""
    word = word.lower()
    if word in w.PLURALS:
        return True
    return word.endswith("s") and word not in w.SINGULARS_IN_S and not _SINGULAR_IN_S.search(word)


def _is_predicate(tokens: list[Token], index: int) -> bool:
    """Whether a word that could be a noun is the verb of what stands before: "genes | influence", "a study | shows"."""
    word, plural_before = tokens[index].lower, is_plural(tokens[index - 1].text)
    if plural_before:
        return word in w.BASES or word in w.GERUNDS
    following = tokens[index + 1] if index + 1 < len(tokens) else None
    if word not in w.THIRDS or following is None or not following.is_word:
        return False
    return following.lower not in w.PREPOSITIONS | w.AUXILIARIES | {"and", "or"}


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
    if word in w.PASTS and word not in w.BASES:
        return "any"
    if word in w.THIRDS:
        return "singular"
    return "plural" if word in w.BASES else ""


def stem_of(word: str) -> str:
    """A word without its commonest endings, to find the same word in another form."""
    word = word.lower()
    for ending in (
        "ations",
        "ation",
        "ments",
        "ment",
        "ings",
        "ing",
        "ions",
        "ion",
        "ies",
        "ed",
        "es",
        "al",
        "ic",
        "s",
        "y",
        "e",
    ):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def content_stems(text: str) -> frozenset[str]:
    """The stems of the words that carry meaning."""
    return frozenset(
        stem_of(token.text)
        for token in tokenize(text.replace("-", " "))
        if token.is_word and len(token.text) > 2 and token.lower not in w.FUNCTION_WORDS
    )
