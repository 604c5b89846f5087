"""The terms of a text: noun phrases that can be a key or a wrong answer, with the evidence for each."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from demo_model import verbs as v
from demo_model import words as w
from demo_model.phrases import Token, head_of, is_plural, is_predicate, may_be_in_phrase, phrase_at, tokenize
from demo_model.sentences import Sentence, headings

_TECHNICAL = re.compile(
    r"(?:tion|sion|ism|ist|ology|ity|ance|ence|osis|itis|ment|ness|cyte|gen|ase|ine|ide|oid|some|plast|sphere|cortex|ium|"
    r"us|um|graphy|metry|therapy|phobia|mania|drome|pathy|thesis|lysis|ics|ship|dom|cy|ure|or|on)s?$"
)


_VERBAL = v.VERB_FORMS | v.GERUNDS


@dataclass(slots=True)
class Term:
    """One term. `sentences` are indexes of the sentences that have it, `definition` is that of one that defines it."""

    text: str
    plural: bool
    proper: bool
    person: bool = False
    count: int = 0
    heading: bool = False
    definition: int | None = None
    sentences: list[int] = field(default_factory=list)
    # How much the text makes of it: from 2 it is a good key, from 1.2 a good wrong answer.
    weight: float = 0.0

    @property
    def size(self) -> int:
        """Number of words."""
        return self.text.count(" ") + 1

    def weigh(self) -> None:
        """Settle the weight, once the whole text is read."""
        words = self.text.lower().split()
        weight = min(self.count, 4) * 0.5
        weight += 2.5 * (self.definition is not None) + 1.5 * self.heading + 0.7 * (self.size > 1)
        weight += 0.5 * bool(_TECHNICAL.search(head_of(self.text.lower())))
        if words[0] in w.ADJECTIVES:
            weight -= 0.5
        if words[-1] in w.GENERIC:
            weight -= 0.7
        if any(word.endswith(("'s", "’s")) for word in words) and self.count < 2 and self.definition is None:
            weight -= 1.5
        if words[-1].endswith("ing") and self.definition is None and not self.heading:
            weight -= 1.0
        self.weight = weight


class Terms:
    """All terms of a text by their lower-case form, and how the text capitalises each word."""

    def __init__(self, text: str, found: list[Sentence]) -> None:
        self.tokens = [tokenize(sentence.plain) for sentence in found]
        self._lower = {t.text for tokens in self.tokens for t in tokens if t.text[0].islower()}
        self._upper = {t.text for tokens in self.tokens for t in tokens[1:] if t.text[0].isupper()}
        self.by_name: dict[str, Term] = {}
        for index, tokens in enumerate(self.tokens):
            self._collect(index, tokens)
        self._read_headings(text)

    def get(self, name: str) -> Term | None:
        """The term of this name, if the text has it."""
        return self.by_name.get(name.lower())

    def natural(self, tokens: Sequence[Token], first: int, last: int, plain: str) -> str | None:
        """The phrase as it is written in the middle of a sentence; None when its capital can't be told."""
        text = plain[tokens[first].start : tokens[last - 1].end]
        if first > 0:
            return text
        word = tokens[0].text
        if not word[0].isupper() or not word[1:].islower():
            return text
        if word.lower() in self._lower:
            return word[0].lower() + text[1:]
        if word in self._upper or (last - first > 1 and tokens[1].text[0].isupper()):
            return text
        if word.lower().endswith(
            ("s", "tion", "ity", "ness", "ism", "ology", "ment", "ics", "ing", "ance", "ence", "al")
        ):
            return word[0].lower() + text[1:]
        return None

    def add(self, name: str, sentence: int, *, defines: bool = False, person: bool = False) -> Term | None:
        """Note that a sentence has this term; None when it is too general to be one."""
        if not is_specific(name):
            return None
        title, _, rest = name.partition(" ")
        if title.lower() in w.PEOPLE and rest[:1].isupper():
            name, person = rest, True
        elif title.lower() in ("term", "word", "concept") and rest:
            name = rest
        term = self.by_name.get(name.lower())
        if term is None:
            proper = name[0].isupper() and name[1:2].islower()
            person = person or self._is_full_name(name)
            term = Term(name, is_plural(head_of(name)) and not person, proper)
            self.by_name[name.lower()] = term
        if not term.sentences or term.sentences[-1] != sentence:
            term.sentences.append(sentence)
            term.count += 1
        if defines and term.definition is None:
            term.definition = sentence
        term.person = term.person or person
        return term

    def _is_full_name(self, name: str) -> bool:
        words = name.split()
        return 2 <= len(words) <= 3 and words[0] in w.GIVEN_NAMES and words[-1].istitle()

    def _collect(self, index: int, tokens: Sequence[Token]) -> None:
        """Noun phrases that stand free: after a word that opens one, before a word that closes one."""
        position = 0
        while position < len(tokens):
            phrase = phrase_at(tokens, position)
            if phrase is None:
                position += 1
                continue
            closes = (
                phrase.last == len(tokens)
                or not may_be_in_phrase(tokens[phrase.last])
                or is_predicate(tokens, phrase.last)
            )
            size = phrase.last - phrase.first
            before = tokens[position - 1].lower if position else ""
            opened = (
                bool(phrase.determiner) or before in w.PREPOSITIONS or size > 1 or is_plural(tokens[phrase.head].text)
            )
            if closes and opened and size <= 3 and phrase.first > 0:
                name = " ".join(token.text for token in tokens[phrase.first : phrase.last])
                first = tokens[phrase.first].lower
                if size == 1 and before == "to" and not phrase.determiner:
                    pass  # as likely a verb
                elif phrase.determiner or first not in _VERBAL:
                    self.add(name, index)
            position = phrase.last

    def _read_headings(self, text: str) -> None:
        for heading in headings(text):
            term = self.by_name.get(heading.lower().removeprefix("the "))
            if term is not None:
                term.heading = True


def is_specific(name: str) -> bool:
    """Whether a phrase names something that a question can be about."""
    words = name.lower().split()
    if len(name) < 3 or len(words) > 5 or not all(word[0].isalpha() for word in words):
        return False
    if all(word in w.GENERIC or word in w.ADJECTIVES or word in w.NUMBERS for word in words):
        return False
    return words[0] not in w.NUMBERS and not any(
        word in w.ABSOLUTES or word in w.VAGUE or word in w.POINTERS for word in words
    )
