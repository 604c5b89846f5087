"""Whatever a model answers becomes a question that is one, or a short reason why it cannot be used."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from domain.arrange import arrange
from domain.question import Option, Question
from domain.repair import repair
from domain.signs import BLANKS, CONTROLS, HIDDEN, INVISIBLE, SPACES
from model.answer import UnusableAnswer, parse_answer
from storage.quizzes import ChunkText
from tests.fuzz.wild import BODIES, FUZZ, NASTY, assert_storable, dumps, text, values
from writing.reading import read_answer

SENTENCE = "The mitochondrion makes most of the ATP that an animal cell lives on."
GOOD = {
    "stem": "Which organelle makes most of the ATP?",
    "key": "mitochondrion",
    "distractors": [{"text": word, "why_wrong": "It does not."} for word in ("ribosome", "lysosome", "nucleus")],
    "explanation": SENTENCE,
    "quote": SENTENCE,
}
CHUNK = ChunkText(id=7, text=f"# Cells\n\n{SENTENCE} It has two membranes.", start=40, document="cells.md")
PLACES: list[Callable[[Any], dict[str, Any]]] = [
    lambda wild: {**GOOD, "stem": wild},
    lambda wild: {**GOOD, "key": wild},
    lambda wild: {**GOOD, "quote": wild},
    lambda wild: {**GOOD, "explanation": wild},
    lambda wild: {**GOOD, "distractors": wild},
    lambda wild: {**GOOD, "distractors": [wild] * 3},
    lambda wild: {**GOOD, "distractors": [*GOOD["distractors"][:2], {"text": wild, "why_wrong": "No."}]},
    lambda wild: {**GOOD, "distractors": [*GOOD["distractors"][:2], {"text": "cell", "why_wrong": wild}]},
    lambda wild: {**GOOD, str(wild)[:9_000]: wild},
]
mostly_text = st.one_of(text, text.map(lambda value: f"{value} organelle?"), values)
answers = st.builds(lambda place, wild: place(wild), st.sampled_from(PLACES), mostly_text)
# What would turn a text round, or is drawn as nothing.
UNSEEN = INVISIBLE + BLANKS + SPACES


def read(raw: str, position: int = 2) -> tuple[dict[str, Any] | None, list[dict[str, str]], str | None]:
    """What the service keeps of a raw answer."""
    state: Any = {"slot": 3, "difficulty": "easy", "bloom": "apply", "key_position": position}
    return read_answer(raw, "mcq_fuzz", state, CHUNK)


def check(raw: str, position: int = 2) -> dict[str, Any] | None:
    """Read an answer, and hold what was read against all that is promised of it."""
    question, flaws, unusable = read(raw, position)
    assert_storable([question, flaws, unusable])
    if question is None:
        assert unusable and len(unusable) <= 200 and flaws == []
        return None
    assert unusable is None
    options = question["options"]
    assert 3 <= len(options) <= 5 and 0 <= question["key"] < len(options)
    assert [option["why_wrong"] == "" for option in options].count(True) == 1 and options[question["key"]][
        "why_wrong"
    ] == ""
    texts = [question["stem"], question["explanation"], question["source"]["quote"], *(one["text"] for one in options)]
    for one in texts:
        assert 1 <= len(one) <= 4_001 and one.strip(UNSEEN)  # a full stop may be given
        assert not any(_is_hidden(sign) for sign in one), repr(one)
    start, end = question["source"]["start"], question["source"]["end"]
    assert (start is None) == (end is None)
    assert start is None or CHUNK.start <= start < end <= CHUNK.start + len(CHUNK.text)
    return question


def _is_hidden(sign: str) -> bool:
    return sign in HIDDEN.replace("-", "") or sign in CONTROLS.replace("-", "") or sign in "\x0b\x0c"


@given(answers)
@FUZZ
def test_any_answer_is_a_question_or_a_reason(answer: dict[str, Any]) -> None:
    """Wrong types, wild text and unknown fields at every place: no exception, and nothing that breaks the schema."""
    check(dumps(answer))


@given(text)
@FUZZ
def test_any_text_in_place_of_json_is_a_reason(raw: str) -> None:
    """Prose, half a JSON, lone surrogates as they are."""
    check(raw)
    check(dumps(GOOD) + raw)
    check(raw + dumps(GOOD))


@pytest.mark.parametrize("raw", BODIES, ids=lambda raw: repr(raw[:20]))
def test_json_that_breaks_parsers_is_a_reason(raw: str) -> None:
    """A hundred thousand brackets, numbers beyond every type, a megabyte of nothing."""
    with pytest.raises(UnusableAnswer):
        parse_answer(raw)
    assert check(raw) is None


@pytest.mark.parametrize("sign", NASTY, ids=repr)
def test_each_nasty_piece_at_each_place(sign: str) -> None:
    """Alone, and within a text that would be fine."""
    for place in PLACES:
        for wild in (sign, f"the {sign} organelle?", sign * 50):
            check(dumps(place(wild)))


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 50_000])
def test_any_number_of_distractors(count: int) -> None:
    """Two to four make a question."""
    several = [{"text": f"word {number}", "why_wrong": "No."} for number in range(count)]
    assert (check(dumps({**GOOD, "distractors": several})) is not None) == (2 <= count <= 4)


@pytest.mark.parametrize(
    "unseen", ["\u200b", "\u2060\ufeff", "\u3164", "\u2800 \u2800", "\u202e\u202c", "\x00\x07", "\U000e0041"]
)
def test_a_text_that_nobody_sees_is_no_text(unseen: str) -> None:
    """An option of zero width is an empty option, and so is an explanation."""
    assert check(dumps({**GOOD, "key": unseen})) is None
    assert check(dumps({**GOOD, "explanation": unseen})) is None


@pytest.mark.parametrize(
    "twin", ["ribo\u200bsome", "ribosome\u2060", "ribo\u00adsome", "\u3164ribosome", "\u202eribosome"]
)
def test_options_that_look_the_same_are_the_same(twin: str) -> None:
    """Two options that differ in what is drawn as nothing alone are one option twice, which is an error."""
    _, flaws, _ = read(dumps({**GOOD, "key": twin}))
    assert "options-differ" in [flaw["rule"] for flaw in flaws]


@given(st.lists(text, min_size=3, max_size=5), st.integers(0, 9), text)
@FUZZ
def test_the_key_stands_where_the_plan_says(texts: list[str], position: int, stem: str) -> None:
    """Whatever the texts, the key goes to its place; only numbers are put in order, and then the key goes with them."""
    key, *others = (f"{one} x" for one in texts)  # no number
    question = arrange(
        stem,
        key,
        [(other, "No.") for other in others],
        "",
        "",
        "",
        "",
        question_id=uuid.UUID(int=1),
        key_position=position,
    )
    assert question.key == position % len(texts)
    assert question.options[question.key].why_wrong == ""


@given(st.lists(text, max_size=6), st.integers(-2, 7))
@FUZZ
def test_repair_loses_no_option(texts: list[str], key: int) -> None:
    """As many options as before, the key's reasons with its text, and nothing left to repair."""
    question = Question("?", tuple(Option(one, str(place)) for place, one in enumerate(texts)), key, "", "", "", "")
    mended = repair(question)
    assert sorted(option.why_wrong for option in mended.options) == [str(place) for place in range(len(texts))]
    assert repair(mended) == mended
    if 0 <= key < len(texts):
        assert mended.options[mended.key].why_wrong == str(key)


def test_postgresql_stores_what_was_read(database_url: str) -> None:
    """The real jsonb takes every question, and gives back the same."""
    read_ones = [check(dumps(place(wild))) for place in PLACES for sign in NASTY for wild in (sign, f"a {sign} b?")]
    questions = [question for question in read_ones if question is not None]
    assert len(questions) > 100
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT one FROM unnest(%s::jsonb[]) AS one", [[Jsonb(one) for one in questions]])
        assert [row[0] for row in rows] == questions
    json.dumps(questions, ensure_ascii=False).encode()
