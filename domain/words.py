"""Words and comparable forms of short texts: what every rule that compares wording is built on.

The word lists are English. In another language the rules that need them stay silent, they never misfire on purpose.
"""

import re
import unicodedata

from domain.signs import APOSTROPHES, BLANKS, HIDDEN, INVISIBLE, QUOTES

# A word: letters and digits, with an inner apostrophe (`don't`). Hyphens separate: "slow-wave" is two words.
_WORD = re.compile(rf"[^\W_]+(?:[{APOSTROPHES}][^\W_]+)*")
_SPACES = re.compile(r"\s+")
_UNSEEN = re.compile(f"[{INVISIBLE}{BLANKS}{HIDDEN}]")
# Marks that dress an option up without changing what it says.
_DRESSING = QUOTES + " \t\n.,;:!?*"


def word_set(listing: str) -> frozenset[str]:
    """The words of a list written as prose, which reads and diffs better than one literal a line."""
    return frozenset(listing.split())


STOPWORDS = word_set(
    """a about above after again against all also am an and any are as at be because been before being below between
    both but by can cannot could did do does doing down during each either every few for from further had has have
    having he her here hers him his how i if in into is it its itself just may me might more most must my neither no
    nor not of off on once one only or other our out over own per same shall she should so some such than that the
    their them then there these they this those through to too under until up upon us very via was we were what when
    where whether which while who whom whose why will with within without would you your"""
)


def words(text: str) -> list[str]:
    """The words of `text` in order, casefolded; punctuation is gone."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).replace(APOSTROPHES[1], APOSTROPHES[0])
    return _WORD.findall(text.casefold())


def stem(word: str) -> str:
    """`word` without its commonest English endings, so that "neurons" and "neuron", "define" and "defined" are one.

    Cruder than Porter's stemmer on purpose: it must never join words that differ in more than an ending.
    """
    word = word.removesuffix("'s").removesuffix("'")
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    for ending, least in (("ing", 4), ("ed", 4), ("es", 4), ("s", 3), ("e", 4)):
        if word.endswith(ending) and len(word) - len(ending) >= least and not word.endswith("ss"):
            return word[: -len(ending)]
    return word


def content_words(text: str) -> frozenset[str]:
    """The stems of the words that carry meaning: no stopwords, no single letters; single digits stay."""
    return frozenset(stem(word) for word in words(text) if word not in STOPWORDS and (len(word) > 1 or word.isdigit()))


def _fold_word(match: re.Match[str]) -> str:
    """Lower-case ordinary words and keep symbols: genotypes AA, Aa and aa, units MB and Mb differ by case alone."""
    word = match.group()
    ordinary = len(word) >= 5 or (len(word) >= 3 and word.istitle())
    return word.casefold() if ordinary else word


def fold(text: str) -> str:
    """A form in which two options are equal when a student would see no difference.

    Case of ordinary words, white space, outer quotes, closing punctuation and what is drawn as nothing go; inner signs
    stay ("C" is not "C++").
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", _UNSEEN.sub("", text))
    text = _SPACES.sub(" ", text)
    bare = text.strip(_DRESSING)
    return _WORD.sub(_fold_word, bare or text.strip())


def clip(text: str, limit: int = 80) -> str:
    """`text` in quotation marks, cut to `limit` characters, for a message that a model or a teacher reads."""
    text = _SPACES.sub(" ", text).strip()
    return f'"{text}"' if len(text) <= limit else f'"{text[: limit - 1]}…"'
