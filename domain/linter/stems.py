"""Rules about the stem alone."""

import re
from collections.abc import Iterator

from domain.linter.flaw import Reading
from domain.signs import APOSTROPHES, QUESTION_MARKS, QUOTES
from domain.words import clip, words

# Stems longer than this ask for reading, not for knowing (S).
LONGEST_STEM = 60

# Two underscores or more that touch no word: `__init__` in a question about Python is no blank.
BLANK = re.compile(r"(?<![\w`])(?:\\?_){2,}(?![\w`])|\[\s*blank\s*\]", re.IGNORECASE)
# What may follow a closing blank: "…is known as a(n) ________."
_AFTER_BLANK = re.compile(rf"[\s.,:;!?…{QUOTES})\]]*\Z")
# A question mark that ends a sentence, in any script; not one inside a URL or an identifier.
_QUESTION = re.compile(rf"[{QUESTION_MARKS}](?=[\s{QUOTES})\]*_]|\Z)")
_OPEN_END = re.compile(r"(?::|\.\.\.|…)\s*\Z")

# What a student may not be holding when the quiz is taken. "of" may not follow: "according to the Book of Genesis",
# "in this section of the brain" are fine.
_SOURCE = (
    r"(?:text|passage|module|chapter|section|lesson|unit|reading|paragraph|excerpt|textbook|article|material"
    r"|handout|document|authors?|lecture|content|slides?)"
)
_REFERENCE = re.compile(
    rf"\b(?:according to|based on|as (?:stated|described|mentioned|discussed|explained|defined|noted) (?:in|by)"
    rf"|(?:mentioned|described|discussed|stated|listed|covered|presented|given|provided) (?:in|by)|from)"
    rf" (?:the|this|your|our) (?:\w+ )?{_SOURCE}\b(?! of\b)"
    rf"|\bin (?:this|the (?:above|following|given|provided|preceding)|our|your) {_SOURCE}\b(?! of\b)"
    rf"|\bin the (?:text|passage|module|chapter|reading|excerpt|textbook|lecture)\b(?! (?:of|message|box|field|file)\b)"
    rf"|\b(?:the|this) (?:text|passage|module|chapter|excerpt|textbook|author|reading|article)"
    rf" (?:says?|states?|mentions?|describes?|discusses|explains?|suggests?|argues?|defines?|notes|gives|lists)\b"
    rf"|\bas (?:mentioned|stated|discussed|described|noted|explained) (?:above|earlier|previously)\b"
    rf"|\b(?:figure|table|diagram|image|chart) (?:above|below|shown|\d+)",
    re.IGNORECASE,
)

_SENTENCE_END = re.compile(rf"(?<=[.!{QUESTION_MARKS}])[{QUOTES})]*\s+")
_NEGATIVE = re.compile(rf"\b(?:not|except(?:ing)?|least|cannot|\w+n[{APOSTROPHES}]t)\b", re.IGNORECASE)
# "at least" sets a bound and "not only" adds: neither turns the question round.
_HARMLESS = re.compile(
    r"\bat least\b|\bnot (?:only|just|necessarily)\b|\b(?:or|if) not\b|\blast but not least\b", re.IGNORECASE
)


def question_form(reading: Reading) -> Iterator[str]:
    """The stem asks a question, or is a completion with the blank at its end (H: state the central idea in the stem).

    A blank elsewhere is the business of `blank_mid_stem`.
    """
    stem = reading.stem.strip()
    if not words(stem):
        yield "The stem is empty; write one clear question that ends with a question mark."
    elif not (_QUESTION.search(stem) or _OPEN_END.search(stem) or BLANK.search(stem)):
        yield (
            f"The stem {clip(stem)} is neither a question nor a completion;"
            " write one clear question that ends with a question mark."
        )


def source_reference(reading: Reading) -> Iterator[str]:
    """The stem stands alone: no "according to the text" or "in this module" (ours: students don't hold the text)."""
    if found := _REFERENCE.search(reading.stem):
        yield f"The stem says {clip(found.group())}; ask so that the question stands without the text at hand."


def negative_stem(reading: Reading) -> Iterator[str]:
    """The question itself is put positively: no not, except or least (H 17, N, S).

    Only the sentence that asks counts: a case that tells what a patient does not do is no negative question.
    """
    sentences = _SENTENCE_END.split(reading.stem.strip())
    asking = next((sentence for sentence in reversed(sentences) if "?" in sentence), sentences[-1])
    if found := _NEGATIVE.search(_HARMLESS.sub(" ", asking)):
        yield f"The stem asks negatively ({clip(found.group())}); ask for what is true instead."


def blank_mid_stem(reading: Reading) -> Iterator[str]:
    """A blank stands once and at the end of a completion (H, S: a student should not have to re-read the stem)."""
    blanks = list(BLANK.finditer(reading.stem))
    if not blanks:
        return
    if len(blanks) > 1:
        yield f"The stem has {len(blanks)} blanks; ask one question that ends with a question mark instead."
    elif not _AFTER_BLANK.match(reading.stem, blanks[0].end()):
        yield "The blank stands inside the stem; ask a question that ends with a question mark instead."


def long_stem(reading: Reading) -> Iterator[str]:
    """The stem has at most 60 words (H: minimise reading; S)."""
    count = len(words(reading.stem))
    if count > LONGEST_STEM:
        yield f"The stem has {count} words; say it in {LONGEST_STEM} or fewer."
