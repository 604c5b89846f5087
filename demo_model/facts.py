"""What a pattern finds: a fact that can be asked, before wrong answers are looked for."""

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


def wording_quality(tokens: list[Token]) -> float:
    """How well these words of a sentence carry over into a stem: 1, less for each weakness; 0 for what can't be used."""
    quality = 1.0
    lower = [token.lower for token in tokens]
    for position, word in enumerate(lower):
        following = lower[position + 1] if position + 1 < len(lower) else ""
        if word in w.POINTERS and not (
            word in ("those", "other", "others") and (following in ("who", "that") or position > 3)
        ):
            return 0.0
        if word in w.PRONOUNS or (word == "such" and following != "as"):
            if position < 3:
                return 0.0
            quality -= 0.1
        if word in ("i", "me", "my"):
            return 0.0
        if word in w.NEGATIONS or word.endswith(("n't", "n’t")):
            return 0.0
        if word in w.VAGUE or word in w.ABSOLUTES:
            quality -= 0.15
        if word in w.PERSONAL:
            quality -= 0.2
    if any(token.text in '"?!()[]{}<>=|\\/*_#' for token in tokens):
        return 0.0
    words = sum(token.is_word for token in tokens)
    if words > 30:
        quality -= 0.02 * (words - 30)
    return max(quality, 0.0)


def says_enough(text: str) -> bool:
    """Whether a predicate tells enough to be recognised by: at least three words that carry meaning."""
    return len(content_stems(text)) >= 3
