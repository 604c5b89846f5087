"""Questions to try the domain on: clean ones written by hand, and those of a textbook where it is at hand."""

import json
from pathlib import Path
from typing import Any

import pytest

from domain.question import Option, Question

CORPUS = Path(__file__).parents[4] / "shared" / "corpora" / "openstax-psychology-2e.jsonl"

# (stem, key, distractors, the sentence that proves the key)
CLEAN = [
    (
        "Which organelle makes most of the ATP in an animal cell?",
        "mitochondrion",
        ["ribosome", "lysosome", "Golgi apparatus"],
        "The mitochondrion makes most of the ATP that an animal cell lives on.",
    ),
    (
        "In which year did the Berlin Wall fall?",
        "1989",
        ["1961", "1979", "1991"],
        "In November 1989 the Berlin Wall fell.",
    ),
    (
        "What does a refracting telescope use to gather light?",
        "a convex lens",
        ["a curved mirror", "a flat prism", "a diffraction grating"],
        "A refracting telescope gathers light with a convex lens.",
    ),
    (
        "The process by which water vapour turns into liquid is known as ________.",
        "condensation",
        ["evaporation", "sublimation", "precipitation"],
        "Condensation is the process by which water vapour turns into liquid.",
    ),
    (
        "Why do plants in dry places often have small leaves?",
        "They lose less water through a small surface.",
        [
            "They catch more light with a small surface.",
            "They grow faster with a small surface.",
            "They attract more insects that way.",
        ],
        "Small leaves lose less water because their surface is small.",
    ),
    (
        "Which data structure returns its newest element first?",
        "stack",
        ["queue", "heap", "linked list"],
        "A stack is a data structure that returns its newest element first.",
    ),
    (
        "A survey asks 1,000 voters chosen at random. Which kind of sample is this?",
        "probability sample",
        ["quota sample", "convenience sample", "snowball sample"],
        "Choosing people at random gives a probability sample.",
    ),
    (
        "How does a rise in interest rates affect borrowing by firms?",
        "Firms borrow less for new projects.",
        [
            "Firms borrow more for new projects.",
            "Firms keep borrowing as before.",
            "Firms lend to banks instead.",
        ],
        "When interest rates rise, firms borrow less for new projects.",
    ),
    (
        "Who wrote the first published account of the circulation of the blood?",
        "William Harvey",
        ["Andreas Vesalius", "Robert Hooke", "Marcello Malpighi"],
        "William Harvey published the first account of the circulation of the blood.",
    ),
    (
        "Which gas makes up most of the Earth's atmosphere?",
        "nitrogen",
        ["oxygen", "argon", "carbon dioxide"],
        "About 78 % of the Earth's atmosphere is nitrogen.",
    ),
    (
        "What happens to the pressure of a gas when its volume is halved at constant temperature?",
        "It doubles.",
        ["It halves.", "It stays constant.", "It falls to zero."],
        "At constant temperature, the pressure of a gas doubles when its volume is halved.",
    ),
    (
        "A student repeats a list of words aloud until the test. Which strategy is this?",
        "rehearsal",
        ["chunking", "elaboration", "retrieval"],
        "Saying something again and again is called rehearsal.",
    ),
    (
        "Which treaty ended the First World War between Germany and the Allies?",
        "Treaty of Versailles",
        ["Treaty of Trianon", "Treaty of Utrecht", "Treaty of Westphalia"],
        "The Treaty of Versailles ended the war between Germany and the Allies.",
    ),
    (
        "What is the role of a catalyst in a chemical reaction?",
        "It lowers the activation energy.",
        ["It raises the temperature.", "It shifts the equilibrium.", "It adds to the products."],
        "A catalyst lowers the activation energy and comes out unchanged.",
    ),
]


def make(stem: str, options: list[str], key: int = 0, quote: str = "") -> Question:
    """A question with the given texts."""
    wrong = "It is something else."
    parts = tuple(Option(text, "" if index == key else wrong) for index, text in enumerate(options))
    return Question(stem, parts, key, "Because it is so.", quote, "medium", "understand")


@pytest.fixture(scope="session")
def clean_items() -> list[Question]:
    """Questions that break no rule, the key at a different place each."""
    items = []
    for number, (stem, key, distractors, quote) in enumerate(CLEAN):
        place = number % 4
        items.append(make(stem, [*distractors[:place], key, *distractors[place:]], place, quote))
    return items


@pytest.fixture(scope="session")
def book() -> list[dict[str, Any]]:
    """The modules of OpenStax Psychology 2e; the test is skipped where the corpus is not beside the repository."""
    if not CORPUS.exists():
        pytest.skip("the OpenStax corpus is not beside the repository")
    return [json.loads(line) for line in CORPUS.read_text().splitlines()]


@pytest.fixture(scope="session")
def human_items(book: list[dict[str, Any]]) -> list[Question]:
    """The book's own questions."""
    return [make(item["stem"], item["options"], item["key"]) for module in book for item in module["mcqs"]]
