"""Whether a quiz asks the same thing twice."""

from collections.abc import Iterable
from functools import lru_cache

from rapidfuzz import fuzz, process

from domain.words import STOPWORDS, stem, word_set, words

# `token_sort_ratio` from 0 to 100. At 85 no two of 752 human questions collide (OpenStax Psychology and Microbiology).
DUPLICATE = 85.0

# Words that make a template ("What is the term for …?"). Two stems that share only these ask about different things.
_TEMPLATE = STOPWORDS | word_set(
    """best called calls correct correctly define defined defines definition describe described describes describing
    example following function known main mean meaning means name named primary purpose refer referred refers role
    statement term true used word year"""
)


@lru_cache(maxsize=8192)  # each new stem is compared with up to a thousand others, again and again
def _comparable(text: str) -> str:
    """The words of a stem in alphabetical order, lower case. Blanks are no words: a cloze is what it tells.

    `token_sort_ratio` is `ratio` of such forms; sorting once instead of in each comparison makes it ten times as fast.
    """
    return " ".join(sorted(words(text)))


def _ask_the_same(one: str, other: str) -> bool:
    """Whether two alike stems are still alike without their template.

    Else "What is mitosis?" would be taken for "What is meiosis?".
    """
    first = [word for word in one.split() if word not in _TEMPLATE]
    second = [word for word in other.split() if word not in _TEMPLATE]
    if {stem(word) for word in first}.isdisjoint(stem(word) for word in second):
        return first == second  # both are nothing but template
    return fuzz.ratio(" ".join(first), " ".join(second)) >= DUPLICATE


def near_duplicate(stem: str, others: Iterable[str]) -> str | None:
    """The first of `others` that asks nearly what `stem` asks, or None.

    Nearly: `token_sort_ratio` of the normalised stems is at least 85, and so is that of what they ask about. Against
    1,000 others it takes less than a millisecond.
    """
    wanted = _comparable(stem)
    originals = list(others)
    choices = [_comparable(other) for other in originals]
    if process.extractOne(wanted, choices, scorer=fuzz.ratio, score_cutoff=DUPLICATE) is None:
        return None
    for other, choice in zip(originals, choices, strict=True):
        if fuzz.ratio(wanted, choice, score_cutoff=DUPLICATE) and _ask_the_same(wanted, choice):
            return other
    return None
