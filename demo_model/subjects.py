"""Questions for the subject of a sentence: "The axon carries …" becomes "Which of the following carries …?"."""

import re
from collections.abc import Iterator, Sequence

from demo_model import verbs as v
from demo_model import words as w
from demo_model.clauses import shorten, without_connective
from demo_model.facts import Fact, Kind, says_enough, wording_quality
from demo_model.phrases import NounPhrase, Token, is_adverb, is_plural, is_predicate, phrase_at, tokenize, verb_number
from demo_model.sentences import Sentence
from demo_model.terms import Terms, is_specific

_DEFINING = re.compile(
    r"(?:is|are|was|were) (?:an?|the) |(?:is|are) (?:the )?(?:one|ones|those) |refers? to |(?:is|are) defined as "
    r"|(?:is|are) (?:[a-z]+ ){0,3}(?:that|who|which|characterized|designed|composed|made up|responsible|located)\b"
    r"|means? that |describes? |occurs? (?:when|if) |involves? |consists? of |is when "
)
# What a definition says, up to its first comma.
_MEANING = re.compile(r"(?:(?:is|are) (?=(?:an?|the) )|refers? to |(?:is|are) defined as )([^,;:—]+)")
_NAMING = frozenset(["called", "named", "termed", "known"])
_COMPLEMENT = w.DETERMINERS | w.PREPOSITIONS | w.QUANTIFIERS | {"that", "how", "when"}
_LEADS = w.PREPOSITIONS | {"when", "if", "because", "while", "although", "once", "according"}


def subject_facts(index: int, sentence: Sentence, terms: Terms) -> Iterator[Fact]:
    """Facts about the subject of this sentence; at most one."""
    text = without_connective(sentence.plain).rstrip(".")
    tokens = tokenize(text)
    lead, start = _lead(tokens, text)
    if start is None:
        return
    found = _subject_and_verb(tokens, start)
    if found is None:
        return
    subject, verb = found
    key = terms.natural(tokens, subject.first, subject.last, text)
    if key is None or not is_specific(key):
        return
    person = _is_person(key, tokens, subject, verb, terms)
    tail = text[tokens[verb].start :]
    predicate = shorten(tail)
    defining = _DEFINING.match(predicate) is not None
    term = terms.add(key, index, defines=defining, person=person)
    person = person or (term is not None and term.person)
    quality = wording_quality([*tokenize(lead), *tokenize(predicate)])
    if not quality or not says_enough(predicate, 3 if defining else 4):
        return
    if predicate.split()[0].lower() in ("has", "have", "had", "can", "may", "might") or len(predicate.split()) < 5:
        quality -= 0.1
    stem = _stem(
        lead,
        predicate,
        person=person,
        refers=bool(re.match(r"refers? to |(?:is|are) defined as |means? that ", predicate)),
    )
    kind = Kind.DEFINITION if defining else Kind.SUBJECT
    base = 0.97 if defining else 0.85
    plural = is_plural(tokens[subject.head].text)
    meaning = _MEANING.match(predicate)
    yield Fact(
        kind,
        index,
        stem,
        key,
        base * quality,
        plural=plural,
        person=person,
        subject=f"{subject.determiner} {key}".strip(),
        meaning=meaning.group(1) if meaning and not lead and not person else "",
    )


def _lead(tokens: Sequence[Token], text: str) -> tuple[str, int | None]:
    """An opening such as "In the brain," and where the subject begins; None where the opening is too long."""
    if not tokens or tokens[0].lower not in _LEADS:
        return "", 0
    for position, token in enumerate(tokens[:14]):
        if token.text == ",":
            lead = text[: token.end]
            if tokens[0].lower in ("for", "as", "like", "unlike", "according", "despite") or position < 2:
                return "", None
            return lead, position + 1
    return "", None


def _subject_and_verb(tokens: Sequence[Token], start: int) -> tuple[NounPhrase, int] | None:
    """The subject phrase and the index of its verb; the two must agree in number, which weeds out wrong readings."""
    phrase = phrase_at(tokens, start)
    if phrase is None:
        return None
    for last in range(phrase.last, phrase.first, -1):
        verb = _skip_aside(tokens, last)
        if verb is None or not _is_verb(tokens, verb):
            continue
        number = verb_number(tokens[verb].lower)
        plural = is_plural(tokens[last - 1].text)
        if number in ("any", "plural" if plural else "singular"):
            return NounPhrase(phrase.first, last, last - 1, phrase.determiner), verb
    return None


def _skip_aside(tokens: Sequence[Token], position: int) -> int | None:
    """Past ", or pruning," and adverbs, to where the verb must be."""
    if position < len(tokens) and tokens[position].text == ",":
        for end in range(position + 1, min(position + 9, len(tokens))):
            if tokens[end].text == ",":
                position = end + 1
                break
        else:
            return None
    while position < len(tokens) and (is_adverb(tokens[position].lower)) and tokens[position].lower not in w.NEGATIONS:
        position += 1
    return position if position < len(tokens) else None


def _is_verb(tokens: Sequence[Token], index: int) -> bool:
    word = tokens[index].lower
    following = tokens[index + 1].lower if index + 1 < len(tokens) else ""
    if not verb_number(word) or following in w.MODALS:  # "a living will can …"
        return False
    if word in _NAMING or (word in v.PARTICIPLES and _is_reduced(tokens, index)):
        return False
    if word in v.AMBIGUOUS and index > 0 and not is_predicate(tokens, index):
        # A noun as often: what follows must be an object or a complement.
        return following in _COMPLEMENT and index > 0
    return True


def _is_reduced(tokens: Sequence[Token], index: int) -> bool:
    """Whether a participle only describes the noun and the verb is still to come: "drugs used in … have effects"."""
    if index + 1 >= len(tokens) or tokens[index + 1].lower not in w.PREPOSITIONS:
        return False
    return any(token.lower in w.AUXILIARIES or token.lower in v.FINITE for token in tokens[index + 2 :])


def _stem(lead: str, predicate: str, *, person: bool, refers: bool) -> str:
    asks = "Who" if person else "Which term" if refers else "Which of the following"
    if lead:
        asks = f"{lead} {asks[0].lower()}{asks[1:]}"
    return f"{asks} {predicate}?"


def _is_person(key: str, tokens: Sequence[Token], subject: NounPhrase, verb: int, terms: Terms) -> bool:
    """Whether the subject is somebody by name: capitals, and a verb that only people do."""
    if subject.determiner or not all(word[0].isupper() for word in key.split()) or key.isupper():
        return False
    known = terms.get(key)
    if known is not None and known.person:
        return True
    return tokens[verb].lower in w.PERSON_VERBS and len(key.split()) <= 3
