"""Chooses one question for an order: where in the text, how good, how hard, and not what exists already."""

from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz

from demo_model.book import Item, open_book
from demo_model.facts import Kind
from demo_model.prompt_reader import Order

# Stems this alike would be near-duplicates, with a margin: the service's own bound is 85.
_TOO_ALIKE = 80
# Items of the first quality are asked where there are enough for every part, then also those of the second, and so on.
_TIERS = (0.82, 0.65, 0.45)
_LAST_TIERS = (0.45, -9.0)
_PREFERRED = {
    "easy": {Kind.DEFINITION, Kind.NAME},
    "medium": {Kind.SUBJECT, Kind.NAME, Kind.YEAR, Kind.NUMBER},
    "hard": {Kind.MEANING, Kind.SUBJECT, Kind.CLOZE},
    "remember": {Kind.DEFINITION, Kind.NAME, Kind.YEAR, Kind.CLOZE},
    "understand": {Kind.MEANING, Kind.SUBJECT},
    "apply": {Kind.SUBJECT, Kind.MEANING},
    "analyze": {Kind.SUBJECT, Kind.MEANING},
}


@dataclass(frozen=True, slots=True)
class Written:
    """A question as the service's schema wants it."""

    stem: str
    key: str
    distractors: tuple[tuple[str, str], ...]
    explanation: str
    quote: str

    def as_json(self) -> dict[str, Any]:
        """The JSON object of the answer."""
        return {
            "stem": self.stem,
            "key": self.key,
            "distractors": [{"text": text, "why_wrong": why} for text, why in self.distractors],
            "explanation": self.explanation,
            "quote": self.quote,
        }


def write_question(order: Order) -> Written | None:
    """The question that the order gets: a pure function of it. None when the text has no fact left to ask about."""
    items = open_book(order.text)
    taken = (*order.avoid, *order.earlier)
    near = [item for item in items if _repeats(item, taken)]
    used = {id(item) for item in near}
    sentences, keys = {item.fact.sentence for item in near}, {item.fact.key.lower() for item in near}
    free = [item for item in items if id(item) not in used]
    # The same sentence or the same answer again is only for a text that has nothing else.
    fresh = [item for item in free if item.fact.sentence not in sentences and item.fact.key.lower() not in keys]
    for choice in (fresh, free):
        for least, enough in (*((tier, order.parts) for tier in _TIERS), *((tier, 1) for tier in _LAST_TIERS)):
            good = [item for item in items if item.quality >= least]
            open_ones = [item for item in choice if item.quality >= least]
            if open_ones and len(good) >= enough:
                return _worded(_pick(good, open_ones, order))
    return None


def _repeats(item: Item, taken: tuple[str, ...]) -> bool:
    return any(fuzz.token_sort_ratio(item.fact.stem.lower(), stem.lower()) >= _TOO_ALIKE for stem in taken)


def _pick(good: list[Item], choice: list[Item], order: Order) -> Item:
    """The best item of the part asked for, or of the place nearest to it.

    The list of good items, used ones included, is cut into parts: so that orders for different parts, written at the
    same time, get different items.
    """
    size = len(good) / order.parts
    low, high = (order.part - 1) * size, order.part * size
    places = {id(item): place for place, item in enumerate(good)}

    def rank(item: Item) -> tuple[float, float]:
        place = places[id(item)]
        outside = max(low - place, place - high + 1, 0.0) if size >= 1 else abs(place - low)
        return outside, -(item.quality + _suits(item, order))

    return min(choice, key=rank)


def _suits(item: Item, order: Order) -> float:
    """A little weight for patterns that go with the difficulty and the Bloom level asked for."""
    return 0.12 * sum(item.fact.kind in _PREFERRED.get(wish, ()) for wish in (order.difficulty, order.bloom))


def _worded(item: Item) -> Written:
    return Written(item.fact.stem, item.fact.key, item.wrong, item.explanation, item.quote)
