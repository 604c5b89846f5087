"""What a pattern finds: a fact that can be asked, before wrong answers are looked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from demo_model import words as w
from demo_model.phrases import Token, content_stems


class Kind(StrEnum):
    """The pattern a fact was found by."""

    # "A dendrite is a branch of a neuron": which of the following is …?
    DEFINITION = "definition"
    # The same, turned round: what is a dendrite?
    MEANING = "meaning"
    # "… is called the axon", "…, known as apoptosis".
    NAME = "name"
    # "The axon carries …": which of the following carries …?
    SUBJECT = "subject"
    # "In 1879, Wundt …".
    YEAR = "year"
    # "About 70 percent of …".
    NUMBER = "number"
    # The last term of a sentence, left out.
    CLOZE = "cloze"


@dataclass(frozen=True, slots=True)
class Fact:
    """A stem and its key. `sentence` is the index of the sentence that proves it; `quality` from 0 to 1."""

    kind: Kind
    sentence: int
    stem: str
    key: str
    quality: float
    plural: bool = False
    person: bool = False
    # Of a definition: the term with its article, and what it is said to be; for the question turned round.
    subject: str = ""
    meaning: str = ""


# Words from which on a stem becomes work to read.
_LONG = 24
_LONG_PENALTY = 0.015
_UNFIT_MARKS = frozenset('"?!()[]{}<>=|\\/*_#')


def wording_quality(tokens: Sequence[Token]) -> float:
    """How well these words carry over into a stem: 1, less for each weakness; 0 for what can't be used."""
    texts = [token.text for token in tokens]
    if not _UNFIT_MARKS.isdisjoint("".join(texts)) or texts.count("“") != texts.count("”"):
        return 0.0
    quality = 1.0
    for position, token in enumerate(tokens):
        following = tokens[position + 1] if position + 1 < len(tokens) else None
        quality -= _weakness(position, token, following)
    words = sum(token.is_word for token in tokens)
    return max(quality - _LONG_PENALTY * max(words - _LONG, 0), 0.0)


def _weakness(position: int, token: Token, following: Token | None) -> float:
    """What a word takes off the quality of a stem; 1 for a word that no stem may have."""
    word, after = token.lower, following.lower if following else ""
    if word in w.NEGATIONS or word.endswith(("n't", "n’t")) or word in ("i", "me", "my"):
        return 1.0
    if word in w.POINTERS:
        pointed_at = word in ("those", "other", "others") and (after in ("who", "that") or position > 3)
        return 0.0 if pointed_at else 1.0
    if word in w.PRONOUNS or (word == "such" and after != "as"):
        # At the beginning it stands for something outside; later most likely for something before it.
        return 1.0 if position < 3 else 0.1
    if token.text in w.GIVEN_NAMES and not (following and following.text[0].isupper()):
        return 0.3  # somebody in a story, whom only its readers know
    if word in w.PERSONAL:
        return 0.2
    return 0.15 if word in w.VAGUE or word in w.ABSOLUTES else 0.0


def says_enough(text: str, least: int) -> bool:
    """Whether a text tells enough to recognise the answer by: so many different words that carry meaning."""
    return len(content_stems(text)) >= least
