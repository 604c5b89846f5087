"""Questions for a name that the text gives: "… is called the axon", "… known as apoptosis"."""

import re
from collections.abc import Iterator

from demo_model import verbs as v
from demo_model import words as w
from demo_model.clauses import without_connective
from demo_model.facts import Fact, Kind, wording_quality
from demo_model.phrases import has_verb, is_adverb, phrase_at, tokenize
from demo_model.sentences import Sentence
from demo_model.terms import Terms, is_specific

_CALLED = re.compile(
    r" (?P<be>(?:is|are|was|were) (?:also )?)?(?:(?:often|commonly|sometimes|usually|generally|collectively) )?"
    r"(?P<verb>called|known as|termed|referred to as|named|labeled) (?=(?:an? |the )?\w)"
)

_AFTER_NAME = w.CONJUNCTIONS | w.PREPOSITIONS | w.AUXILIARIES


def name_facts(index: int, sentence: Sentence, terms: Terms) -> Iterator[Fact]:
    """Facts of the form "X is called Y"; the stem is what stands before the name."""
    text = without_connective(sentence.plain).rstrip(".")
    for called in _CALLED.finditer(text):
        after = tokenize(text[called.end() :])
        phrase = phrase_at(after, 0)
        if phrase is None or not _ends(after[phrase.last].text if phrase.last < len(after) else ""):
            continue
        offset = called.end()
        key = text[offset + after[phrase.first].start : offset + after[phrase.last - 1].end]
        if not is_specific(key):
            continue
        term = terms.add(key, index, defines=True)
        before = text[: called.start()]
        tokens = tokenize(before)
        quality = wording_quality(tokens)
        if term is None or not quality or len(before.split()) < 4:
            continue
        if not called["be"] and (not has_verb(tokens) or is_adverb(tokens[-1].lower)):
            continue
        yield Fact(Kind.NAME, index, _stem(before, called, phrase.determiner), key, 0.97 * quality, plural=term.plural)
        return


def _ends(following: str) -> bool:
    """Whether a name can end before this word."""
    return not following or following in ",;:—–" or following.lower() in _AFTER_NAME


def _stem(before: str, called: re.Match[str], determiner: str) -> str:
    """A question where everything before is the thing that has the name, a completion otherwise."""
    tokens = tokenize(before)
    verb = (called["be"] or "").split()
    if verb and not any(token.lower in w.AUXILIARIES or token.lower in v.FINITE for token in tokens):
        lead, comma, thing = before.rpartition(", ")
        if "," not in lead and not (comma and lead.split()[0].lower() not in w.PREPOSITIONS):
            thing = thing or before
            if thing.split()[0].lower() in w.DETERMINERS | w.PERSONAL | w.PREPOSITIONS or not comma:
                thing = thing[0].lower() + thing[1:]
            asks = "What" if not comma else f"{lead}, what"
            return f"{asks} {verb[0]} {thing} {called['verb'].removeprefix('known as') or 'known as'}?"
    article = "the " if determiner == "the" else ""
    return f"{before} {called.group().strip()} {article}________."
