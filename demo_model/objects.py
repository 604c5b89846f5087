"""Questions that leave a sentence as it is and ask for one term in it: "Damage to which of the following leads to …?".

English allows a question word to stand where the answer stood, so no grammar has to be turned round.
"""

from collections.abc import Iterator, Sequence

from demo_model import verbs as v
from demo_model import words as w
from demo_model.clauses import shorten, without_connective
from demo_model.facts import Fact, Kind, says_enough, wording_quality
from demo_model.phrases import NounPhrase, Token, has_verb, is_plural, phrase_at, tokenize, verb_number
from demo_model.sentences import Sentence
from demo_model.terms import Terms, is_specific

_VAGUE_NOUN = frozenset(["sort", "kind", "type", "form", "part", "number", "variety"]) | w.QUANTIFIERS | w.NUMBERS
# What may not come right after the term: it would belong to the term, or make it one of a list.
_CLINGING = frozenset(
    [
        "of",
        "that",
        "which",
        "who",
        "whose",
        "where",
        "called",
        "known",
        "termed",
        "named",
        "such",
        "and",
        "or",
        "as",
        "than",
        "'",
        "’",
        "(",
        "—",
        "–",
        "-",
        "/",
        ":",
        "%",
        '"',
        "“",
        "”",
    ]
)
_MOST_A_SENTENCE = 3


def object_facts(index: int, sentence: Sentence, terms: Terms) -> Iterator[Fact]:
    """Facts about terms that stand after a preposition or a verb."""
    text = shorten(without_connective(sentence.plain).rstrip("."))
    tokens = tokenize(text)
    if len(tokens) < 7 or not has_verb(tokens):
        return
    quality = wording_quality(tokens)
    if not quality:
        return
    found = 0
    position = 2
    while position < len(tokens) and found < _MOST_A_SENTENCE:
        phrase = phrase_at(tokens, position)
        if phrase is None:
            position += 1
            continue
        if _is_object(tokens, position, phrase):
            key = text[tokens[phrase.first].start : tokens[phrase.last - 1].end]
            term = terms.get(key)
            if term is not None and is_specific(key):
                stem, worth = _stem(text, tokens, position, phrase)
                if says_enough(text.replace(key, ""), 4):
                    found += 1
                    plural = is_plural(tokens[phrase.head].text)
                    yield Fact(Kind.CLOZE, index, stem, key, worth * quality, plural=plural, person=term.person)
        position = phrase.last


def _is_object(tokens: Sequence[Token], position: int, phrase: NounPhrase) -> bool:
    """Whether the phrase stands alone, after a word that takes an object."""
    before = tokens[position - 1].lower
    takes = before in w.PREPOSITIONS or before in v.GERUNDS or verb_number(before) != ""
    if not takes or before in ("than", "like", "unlike", "as", "per", "up", "out", "off", "down"):
        return False
    if before == "of" and tokens[position - 2].lower in _VAGUE_NOUN:
        return False
    if before in w.AUXILIARIES and phrase.last != len(tokens):
        return False
    if before == "to" and not phrase.determiner and tokens[phrase.first].lower in v.BASES:
        return False  # an infinitive
    if phrase.last == len(tokens):
        return True
    if tokens[phrase.head].lower in v.GERUNDS and phrase.last - phrase.first == 1:
        return False  # "by learning the …": no noun
    after = tokens[phrase.last]
    if after.lower in _CLINGING or after.lower in v.PARTICIPLES or after.lower in v.GERUNDS or after.text == ";":
        return False
    if after.text == ",":
        following = tokens[phrase.last + 1].lower if phrase.last + 1 < len(tokens) else ""
        return following in w.FUNCTION_WORDS and not any(
            token.lower in ("and", "or", "which", "such", "including")
            for token in tokens[phrase.last : phrase.last + 7]
        )
    return after.lower in w.FUNCTION_WORDS or verb_number(after.lower) != "" or after.lower.endswith("ly")


def _stem(text: str, tokens: Sequence[Token], position: int, phrase: NounPhrase) -> tuple[str, float]:
    """The question or completion, and its worth."""
    before = text[: tokens[position - 1].end]
    rest = text[tokens[phrase.last - 1].end :]
    if not rest and tokens[position - 1].lower in w.AUXILIARIES:
        article = {"a": " a(n)", "an": " a(n)", "the": " the"}.get(phrase.determiner, "")
        return f"{before}{article} ________.", 0.7
    worth = 0.8 if len(rest.split()) <= 8 else 0.75
    return f"{before} which of the following{rest}?", worth
