"""Makes a sentence stand on its own: without what ties it to the one before, without what only trails along."""

import re

from demo_model import words as w

_CONNECTIVE = re.compile(rf"(?:{'|'.join(map(re.escape, w.CONNECTIVES))}),? ", re.IGNORECASE)
_BARE_CONNECTIVES = ("But", "And", "So", "Yet")
# Adverbs that point outside the sentence, and say nothing when it stands alone.
_TIES = re.compile(
    r",? for (?:example|instance),|, (?:however|therefore|thus|then|too),|\b(?:also|thus|therefore|then) "
)
# Where a sentence that goes on can end and still be a whole.
_CUT = re.compile(
    r"; |: |—| – |, (?=(?:which|who|but|while|whereas|although|though|because|so|such as|including|like|e\.g\."
    r"|and (?:usually|often|then|it|they|he|she|is|are|was|were|this|these|thus|therefore)) )"
)
# Openings of an aside, which may close with a comma before the main verb comes.
_ASIDE = re.compile(r"(?:which|who|such as|including|like) ")
# Words that nothing can end with.
_HANGING = w.PREPOSITIONS | w.CONJUNCTIONS | w.DETERMINERS
_FEWEST_WORDS = 7


def without_connective(plain: str) -> str:
    """The sentence without the words that tie it to the one before, with a capital again."""
    plain = _TIES.sub("", plain)
    found = _CONNECTIVE.match(plain)
    if found is None or not (found.group().rstrip().endswith(",") or found.group()[:-1] in _BARE_CONNECTIVES):
        return plain
    rest = plain[found.end() :]
    return rest[:1].upper() + rest[1:]


def shorten(clause: str) -> str:
    """The clause up to where it may end."""
    if clause.split(" ", 1)[0].lower() in w.CONJUNCTIONS:
        return clause  # the main clause is still to come
    for cut in _CUT.finditer(clause):
        rest = clause[cut.end() :]
        if clause[: cut.start()].rsplit(" ", 1)[-1].lower() in _HANGING:
            continue
        if len(clause[: cut.start()].split()) >= _FEWEST_WORDS and not ("," in rest and _ASIDE.match(rest)):
            return clause[: cut.start()]
    return clause
