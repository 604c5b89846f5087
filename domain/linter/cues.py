"""Rules about what gives the key away."""

import re
from collections.abc import Iterator

from domain.linter.flaw import Reading
from domain.signs import QUOTES
from domain.words import content_words, stem, words

# The key gives itself away when it has this many words and every other option is under three quarters of its length.
KEY_WORDS, KEY_SHARE = 4, 0.75
# Shorter words are echoed by chance.
ECHO_LETTERS = 4

# "…is called an ________." or "…is an". "a(n)" is the honest form and does not match.
_ARTICLE = re.compile(r"\b(an?)\s*(?:(?:\\?_){2,}[\s.:?]*|[:…]|\.{3})?\s*\Z", re.IGNORECASE)
# Words whose first letter misleads about their sound: "an hour", "an MRI", "an 8-bit word"; "a union", "a ewe".
_VOWEL_SOUND = re.compile(r"(?:hour|honest|honou?r|heir)|8|1[18]\b", re.IGNORECASE)
_SPELT_VOWEL = re.compile(r"[AEFHILMNORSX](?=[A-Z\d]|-|\b)")
_CONSONANT_SOUND = re.compile(r"(?:uni(?!n|m)|us[aeu]|util|eu|ewe|one\b|once|ubiq)", re.IGNORECASE)


def key_longest(reading: Reading) -> Iterator[str]:
    """The key is not the longest option by far (H 24, N, S): writers qualify what must be right."""
    if not reading.has_key or not reading.distractors:
        return
    key = reading.question.key
    limit = KEY_SHARE * len(reading.options[key].strip())
    if len(reading.option_words[key]) >= KEY_WORDS and all(len(text.strip()) < limit for text in reading.distractors):
        yield "The right answer is much longer than every other option; shorten it or make the others as detailed."


def key_echo(reading: Reading) -> Iterator[str]:
    """No content word of the stem comes back in the key alone (N, S: "clang" cue)."""
    if not reading.has_key:
        return
    key = reading.question.key
    echoed = content_words(reading.options[key]) & content_words(reading.stem)
    if not echoed:
        return
    echoed -= frozenset[str]().union(*(content_words(text) for text in reading.distractors))
    for word in reading.option_words[key]:
        if len(word) >= ECHO_LETTERS and not word.isdigit() and stem(word) in echoed:
            yield f'"{word}" is in the stem and the right answer only; take it out of one, or use it in other options.'
            return


def article_cue(reading: Reading) -> Iterator[str]:
    """A closing "a" or "an" fits more than the key (N, S: grammatical cue)."""
    found = _ARTICLE.search(reading.stem)
    if not found or not reading.has_key:
        return
    wants_vowel = found.group(1).lower() == "an"
    fitting = [index for index, text in enumerate(reading.options) if _says_an(text) is wants_vowel]
    if fitting == [reading.question.key]:
        yield f'The closing "{found.group(1)}" fits only the right answer; write "a(n)", or move it into the options.'


def _says_an(text: str) -> bool:
    """Whether an English reader says "an" before `text`."""
    text = text.strip().lstrip(QUOTES + "([*")
    if _VOWEL_SOUND.match(text):
        return True
    first = words(text)[:1]
    if first and text[: len(first[0])].isupper():  # an abbreviation is spelt, or it begins with a vowel anyway
        return _SPELT_VOWEL.match(text) is not None
    return text[:1].lower() in {*"aeiou"} and not _CONSONANT_SOUND.match(text)
