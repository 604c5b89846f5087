"""Course content of any size: entries on made-up things, each with facts of its own, the same for every run."""

import random
from collections.abc import Iterator

_SYLLABLES = ("ba", "cor", "dal", "e", "fin", "gra", "hel", "i", "jun", "ka", "lo", "mir", "nos", "o", "pel", "qui")
_KINDS = ("mineral", "moss", "beetle", "pigment", "enzyme", "glacier", "festival", "dialect", "alloy", "orchard")
_PLACES = ("valleys", "islands", "caves", "wetlands", "harbours", "plateaus", "forests", "deserts", "lagoons", "ridges")
_DEEDS = ("stores", "filters", "divides", "carries", "cools", "marks", "joins", "measures", "dissolves", "guards")
_THINGS = ("water", "light", "salt", "pollen", "heat", "sound", "iron", "sugar", "sand", "smoke")


def encyclopedia(size: int, seed: int = 1) -> str:
    """Markdown of at least `size` bytes and at most one entry more."""
    draw, parts, length = random.Random(seed), list[str](), 0
    for number, name in enumerate(_names(draw)):
        entry = _entry(draw, number, name)
        parts.append(entry)
        length += len(entry) + 2
        if length >= size:
            return "\n\n".join(parts)
    raise AssertionError("names never end")


def _names(draw: random.Random) -> Iterator[str]:
    seen = set[str]()
    while True:
        name = "".join(draw.choices(_SYLLABLES, k=draw.randint(3, 5)))
        if name not in seen:
            seen.add(name)
            yield name.capitalize()


def _entry(draw: random.Random, number: int, name: str) -> str:
    other = "".join(draw.choices(_SYLLABLES, k=4)).capitalize()
    kind, place, deed, thing, second = (draw.choice(words) for words in (_KINDS, _PLACES, _DEEDS, _THINGS, _THINGS))
    return (
        f"## {name}\n\n"
        f"{name} is a {kind} that {deed} {thing} in the {place} of {other}. "
        f"It was first described in {1500 + number % 500} by the traveller {other[::-1].capitalize()}, who took it for "
        f"a kind of {draw.choice(_KINDS)}. "
        f"Unlike its relatives, {name} needs {draw.randint(2, 99)} days of {second} before it changes its form. "
        f"People of {other} use {name} because it keeps {draw.choice(_THINGS)} away from their {draw.choice(_PLACES)}. "
        f"When {second} is scarce, {name} loses a {draw.choice(('third', 'quarter', 'half', 'fifth'))} of its weight."
    )
