"""Questions for the subject of a sentence: "The axon carries …" becomes "Which of the following carries …?"."""

import re
from collections.abc import Iterator

from demo_model import words as w
from demo_model.facts import Fact, Kind, says_enough, wording_quality
from demo_model.phrases import NounPhrase, Token, is_adverb, is_plural, phrase_at, tokenize, verb_number
from demo_model.sentences import Sentence
from demo_model.terms import Terms, is_specific

_CONNECTIVE = re.compile(rf"(?:{'|'.join(map(re.escape, w.CONNECTIVES))}),? ", re.IGNORECASE)
# Where a predicate that goes on too long can end and still be a whole.
_CUT = re.compile(
    r"; |: |, (?=(?:which|who|but|while|whereas|although|though|because|so|such as|including|like|for example|e\.g\.|and (?:it|they|is|are|was|were|the|a|an|this|these|in|thus)) )|—| – "
)
_DEFINING = re.compile(
    r"(?:is|are|was|were) (?:an?|the) |(?:is|are) (?:the )?(?:one|ones|those) |refers? to |(?:is|are) defined as |means? |"
    r"(?:is|are) (?:[a-z]+ ){0,3}(?:that|who|which|characterized|designed|composed|made up|involved|responsible|located)\b|"
    r"describes? |occurs? (?:when|if) |involves? |consists? of |is when "
)
# What a definition says, up to its first comma.
_MEANING = re.compile(r"(?:(?:is|are) (?=(?:an?|the) )|refers? to |(?:is|are) defined as )([^,;:—]+)")
_LEADS = w.PREPOSITIONS | {"when", "if", "because", "while", "although", "once", "according"}
_TOO_LONG = 26


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
    terms.add(key, index, defines=defining, person=person)
    quality = wording_quality([*tokenize(lead), *tokenize(predicate)])
    if not quality or not says_enough(predicate) or _dangles(predicate, is_plural(tokens[subject.head].text)):
        return
    if predicate.split()[0].lower() in ("has", "have", "had", "can", "may", "might") or len(predicate.split()) < 5:
        quality -= 0.1
    stem = _stem(
        lead, predicate, person=person, refers=bool(re.match(r"refers? to |(?:is|are) defined as |means? ", predicate))
    )
    kind = Kind.DEFINITION if defining else Kind.SUBJECT
    base = 1.0 if defining else 0.85
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


def without_connective(plain: str) -> str:
    """The sentence without the words that tie it to the one before, with a capital again."""
    found = _CONNECTIVE.match(plain)
    if found is None or not found.group().rstrip().endswith(","):
        return plain
    rest = plain[found.end() :]
    return rest[:1].upper() + rest[1:]


def _lead(tokens: list[Token], text: str) -> tuple[str, int | None]:
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


def _subject_and_verb(tokens: list[Token], start: int) -> tuple[NounPhrase, int] | None:
    """The subject phrase and the index of its verb; the two must agree in number, which weeds out wrong readings."""
    phrase = phrase_at(tokens, start)
    if phrase is None or (phrase.determiner == "" and phrase.first > 0 and start == 0):
        return None
    for last in range(phrase.last, phrase.first, -1):
        verb = _skip_aside(tokens, last)
        if verb is None or not _is_verb(tokens, verb):
            continue
        number = verb_number(tokens[verb].lower)
        plural = is_plural(tokens[last - 1].text)
        if number == "any" or number == ("plural" if plural else "singular"):
            return NounPhrase(phrase.first, last, last - 1, phrase.determiner), verb
    return None


def _skip_aside(tokens: list[Token], position: int) -> int | None:
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


def _is_verb(tokens: list[Token], index: int) -> bool:
    word = tokens[index].lower
    if not verb_number(word):
        return False
    if word in w.AMBIGUOUS:  # a noun as often: what follows must be an object or a complement
        following = tokens[index + 1].lower if index + 1 < len(tokens) else ""
        return following in w.DETERMINERS | w.PREPOSITIONS | w.QUANTIFIERS | {"that", "how", "when"} and index > 0
    return True


def shorten(predicate: str) -> str:
    """The predicate up to where it may end; adverbs of emphasis left out."""
    predicate = re.sub(r"\b(?:also|thus|therefore|then|however|,? for example,?) ", "", predicate)
    words = 0
    for cut in _CUT.finditer(predicate):
        words = len(predicate[: cut.start()].split())
        if words >= 7:
            return predicate[: cut.start()]
    if len(predicate.split()) > _TOO_LONG:
        comma = predicate.find(", ", len(" ".join(predicate.split()[:9])))
        if (
            comma > 0
            and len(predicate[:comma].split()) <= _TOO_LONG
            and not re.search(r"^, (?:and|or) ", predicate[comma:])
        ):
            return predicate[:comma]
    return predicate


def _dangles(predicate: str, plural: bool) -> bool:
    """Whether the predicate has a possessive that isn't its subject's."""
    return re.search(r"\bits\b" if plural else r"\btheir\b", predicate) is not None and plural


def _stem(lead: str, predicate: str, *, person: bool, refers: bool) -> str:
    asks = "Who" if person else "Which term" if refers else "Which of the following"
    if lead:
        asks = f"{lead} {asks[0].lower()}{asks[1:]}"
    return f"{asks} {predicate}?"


def _is_person(key: str, tokens: list[Token], subject: NounPhrase, verb: int, terms: Terms) -> bool:
    """Whether the subject is somebody by name: capitals, and a verb that only people do."""
    if subject.determiner or not all(word[0].isupper() for word in key.split()) or key.isupper():
        return False
    known = terms.get(key)
    if known is not None and known.person:
        return True
    return tokens[verb].lower in w.PERSON_VERBS and len(key.split()) <= 3
