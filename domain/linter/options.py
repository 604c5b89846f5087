"""Rules about the options alone."""

from collections.abc import Iterator
from itertools import combinations

from rapidfuzz import fuzz

from domain.linter.flaw import Reading, label
from domain.words import word_set

# Fewer than three is a coin, more than five is reading (H 18).
FEWEST_OPTIONS, MOST_OPTIONS = 3, 5
# Two options this alike (0 to 100) differ by a slip of the pen, or cue each other (H).
ALIKE = 92.0
# The longest option in characters against the shortest (N, S).
WIDEST_SPREAD = 3
# Below this many characters of difference "tea" and "hibiscus tea" would count as a spread that nobody sees.
_VISIBLE_SPREAD = 20

ABSOLUTES = word_set("always never all none every only entirely completely absolutely exclusively invariably")
VAGUE = word_set("often sometimes usually frequently occasionally rarely seldom generally typically normally commonly")


def option_count(reading: Reading) -> Iterator[str]:
    """Three to five options (H 18)."""
    count = len(reading.options)
    if not FEWEST_OPTIONS <= count <= MOST_OPTIONS:
        yield f"The number of options is {count}; write {FEWEST_OPTIONS} to {MOST_OPTIONS}, best 4."


def one_key(reading: Reading) -> Iterator[str]:
    """Exactly one option is the key, and no option is empty (H 19)."""
    if not reading.has_key:
        yield "No option is marked as the right answer; name exactly one."
    for index, form in enumerate(reading.folded):
        if not form:
            yield f"Option {index + 1} is empty; write a real answer."


def options_differ(reading: Reading) -> Iterator[str]:
    """No two options are the same after normalising (H: distinct, mutually exclusive options)."""
    seen: dict[str, int] = {}
    for index, form in enumerate(reading.folded):
        if form in seen:
            yield f"{label(reading, index)} repeats option {seen[form] + 1}; write a different answer."
        seen.setdefault(form, index)


def combined_options(reading: Reading) -> Iterator[str]:
    """No all, none or both of the above, no "A and C" (H 25, S)."""
    for index in reading.combined:
        yield f"{label(reading, index)} refers to other options; write a real answer instead."


def options_alike(reading: Reading) -> Iterator[str]:
    """No two options are 92 % alike or more (H: independent options).

    Options that differ by a number are exempt: there the number is the answer.
    """
    for (i, first), (j, second) in combinations(enumerate(reading.folded), 2):
        alike = first != second and fuzz.ratio(first, second, score_cutoff=ALIKE) > 0
        if alike and _digits(first) == _digits(second):
            yield f"{label(reading, j)} is almost the same as option {i + 1}; make them differ in substance."


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def absolutes(reading: Reading) -> Iterator[str]:
    """No absolutes in options: test-wise students strike them out (H, N, S)."""
    yield from _options_with(ABSOLUTES, reading, "write it without an absolute")


def vague_frequency(reading: Reading) -> Iterator[str]:
    """No vague words of frequency in options: readers differ in what "often" means (N, S)."""
    yield from _options_with(VAGUE, reading, "say how often, or leave it out")


def _options_with(listed: frozenset[str], reading: Reading, advice: str) -> Iterator[str]:
    for index, tokens in enumerate(reading.option_words):
        if not listed.isdisjoint(tokens) and index not in reading.combined:
            found = next(token for token in tokens if token in listed)
            yield f'{label(reading, index)} says "{found}"; {advice}.'


def option_spread(reading: Reading) -> Iterator[str]:
    """The longest option has at most three times the length of the shortest (H 24, N, S)."""
    lengths = [len(form) for form in reading.folded if form]
    if len(lengths) > 1:
        shortest, longest = min(lengths), max(lengths)
        if longest > WIDEST_SPREAD * shortest and longest - shortest >= _VISIBLE_SPREAD:
            yield f"The options are {shortest} to {longest} characters long; make them about equally long."
