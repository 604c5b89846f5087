"""Flaws that code mends by itself: numbers out of order, one option dressed unlike the others."""

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from domain.question import Option, Question
from domain.signs import MINUSES, QUOTES

# A number with what stands before and after it: "$75,000", "-0.5 V", "about 20 minutes", "1905".
_NUMBER = re.compile(
    rf"(?P<before>[^{MINUSES}+\d.,]*?)(?P<sign>[{MINUSES}+]?)(?P<digits>\d[\d,]*(?:\.\d+)?|\.\d+)(?P<after>\D*)",
    re.ASCII,
)
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", re.ASCII)
# "1.500" beside "750" may be a continental thousand or a fraction: such options keep their order.
_AMBIGUOUS = re.compile(r"[1-9]\d{0,2}\.\d{3}(?!\d)", re.ASCII)
_DECIMAL_COMMA = re.compile(r"\d+,\d+", re.ASCII)
# More digits than this are an identifier, not a quantity.
_LONGEST_NUMBER = 30
_ORDINALS = ("st", "nd", "rd", "th")
# Identifiers and code are written as they must be: `len(x)`, `is_open`, `x = 1`.
_CODE = re.compile(r"[`_(){}<>=\[\]\\$^]")
# Lower case only, so that pH, mRNA, iPhone and e.g. "x-ray" keep their first letter; one letter alone is a symbol.
_PLAIN_WORD = re.compile(rf"[^\W\d_A-Z]{{2,}}(?=[\s,;:.{QUOTES}-]|\Z)")
_INNER_STOP = re.compile(r"\.\S|\b\w\.\Z|\b(?:etc|Inc|Ltd|Co|Corp|Jr|Sr|Dr|Mr|Mrs|Ms|St|vs|al|approx|no)\.\Z|\.\.\Z")


def repair(question: Question) -> Question:
    """The same question with numeric options ascending (H: logical or numerical order) and no option singled out by its
    capital or full stop. The key follows its option. Repairing twice changes nothing more; never raises.
    """
    texts = [option.text for option in question.options]
    dressed = _same_capital(_same_stop(texts))
    options = [replace(option, text=text) for option, text in zip(question.options, dressed, strict=True)]
    return _ascending(replace(question, options=tuple(options)))


def _ascending(question: Question) -> Question:
    """Sort the options when every one of them is a number of the same unit."""
    numbers = [_number(option.text) for option in question.options]
    values = [number[1] for number in numbers if number is not None]
    units = {number[0] for number in numbers if number is not None}
    if len(values) != len(question.options) or len(units) != 1 or values == sorted(values):
        return question
    if len({_AMBIGUOUS.search(option.text) is None for option in question.options}) > 1:
        return question
    order = sorted(range(len(values)), key=values.__getitem__)  # stable: equal values keep their order
    options: tuple[Option, ...] = tuple(question.options[index] for index in order)
    key = order.index(question.key) if 0 <= question.key < len(order) else question.key
    return replace(question, options=options, key=key)


def _number(text: str) -> tuple[tuple[str, str], Decimal] | None:
    """Unit and value of a numeric option; None when it is no single number (a range, a date, a sentence)."""
    match = _NUMBER.fullmatch(" ".join(text.split()))
    if match is None or len(match["digits"]) > _LONGEST_NUMBER or len(match["before"]) + len(match["after"]) > 60:
        return None
    digits = match["digits"].rstrip(",")
    if _THOUSANDS.fullmatch(digits):
        digits = digits.replace(",", "")
    elif _DECIMAL_COMMA.fullmatch(digits):
        digits = digits.replace(",", ".")
    elif "," in digits:
        return None
    value = Decimal(digits)
    sign = match["sign"]
    # A hyphen after a word joins ("COVID-19"); after nothing, a space or a currency it is a minus.
    if sign and sign != "+" and (not match["before"] or not match["before"][-1].isalnum()):
        value = -value
    after = match["after"].strip(" .").casefold()
    after = "th" if after in _ORDINALS else after
    return (match["before"].strip().casefold(), after.removesuffix("s")), value


def _same_stop(texts: Sequence[str]) -> list[str]:
    """Give or take the full stop of the one option that differs in it."""
    texts = [text.rstrip() for text in texts]
    stops = [text.endswith(".") and not _INNER_STOP.search(text) for text in texts]
    if len(texts) < 3:  # of two options neither is the odd one
        return texts
    if stops.count(True) == 1:
        index = stops.index(True)
        texts[index] = texts[index][:-1].rstrip()
    elif stops.count(False) == 1:
        index = stops.index(False)
        if texts[index] and (texts[index][-1].isalnum() or texts[index][-1] in QUOTES + ")%"):
            texts[index] += "."
    return texts


def _same_capital(texts: Sequence[str]) -> list[str]:
    """When one option alone begins with a capital, or alone without one, all begin with one.

    Never the other way: a capital may belong to a name, and code cannot know which.
    """
    if len(texts) < 3 or any(_CODE.search(text) for text in texts):
        return list(texts)
    capitals = [text[:1].isupper() for text in texts]
    plain = [bool(_PLAIN_WORD.match(text)) for text in texts]
    odd = capitals.count(True) == 1 or plain.count(True) == 1
    if not odd or not all(capital or lower for capital, lower in zip(capitals, plain, strict=True)):
        return list(texts)
    return [_capitalised(text) if lower else text for text, lower in zip(texts, plain, strict=True)]


def _capitalised(text: str) -> str:
    first = text[:1].upper()
    return first + text[1:] if len(first) == 1 else text  # "ß" has no capital of its own
