"""Options that speak of other options: "all of the above", "both A and C"."""

import re

_CHOICES = r"(?:options?|answers?|choices?|statements?)"
_ABOVE = rf"(?:the )?(?:above|these|those|them|(?:(?:above|previous|preceding|other|listed|given) )?{_CHOICES})"
_TAIL = rf"(?: (?:{_CHOICES}|are|is|apply|applies|listed|mentioned|correct|true)\b.*)?"
_COMBINATION = re.compile(
    rf"(?:all|none|both|neither|any|either|some|two|most)(?: of)? {_ABOVE}{_TAIL}"
    r"|(?:more than one|all but one) of (?:the )?(?:above|these)"
    r"|(?:all|none) (?:apply|applies)",
    re.IGNORECASE,
)
_LETTER = r"\(?[a-f]\)?"
_LETTERS = re.compile(
    rf"(?:both |either |neither |only |all of )?(?:{_CHOICES} )?"
    rf"{_LETTER}(?:,? ?(?:and|or|nor|&|,|\+) ?{_LETTER})+(?: only| are correct| above)?",
    re.IGNORECASE,
)


def find_combined(options: tuple[str, ...]) -> tuple[int, ...]:
    """The places of the options that speak of other options; `options` in folded form."""
    lettered = [index for index, form in enumerate(options) if len(form) < 40 and _LETTERS.fullmatch(form)]
    # When every option is a pair of letters, letters are what is asked about (vitamins, blood groups).
    if len(lettered) == len(options):
        lettered = []
    found = {index for index, form in enumerate(options) if _COMBINATION.fullmatch(form)}
    return tuple(sorted(found.union(lettered)))
