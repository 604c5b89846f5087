"""A raw answer becomes a question or one short reason, whatever the model wrote."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.answer import Answer, UnusableAnswer, parse_answer

GOOD: dict[str, Any] = {
    "stem": "What does a ribosome make?",
    "key": "Proteins",
    "distractors": [{"text": f"Wrong {n}", "why_wrong": "It does not."} for n in range(3)],
    "explanation": "Ribosomes translate RNA.",
    "quote": "Ribosomes make proteins.",
}
LONGEST_REASON = 300

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_fields = st.fixed_dictionaries(
    {}, optional={name: st.just(value) | _json for name, value in GOOD.items()} | {"surprise": _json}
)


def _reason(raw: str) -> str | None:
    """Why `raw` is unusable; None when it is a question. Any other exception is a failure of the test."""
    try:
        answer = parse_answer(raw)
    except UnusableAnswer as error:
        return str(error)
    _assert_storable(answer)
    return None


def _assert_storable(answer: Answer) -> None:
    """PostgreSQL stores no NUL, and UTF-8 encodes no lone surrogate."""
    text = answer.model_dump_json()
    assert "\\u0000" not in text
    text.encode()


def test_a_proper_answer_is_read() -> None:
    """Every field arrives as written, but for space around it."""
    answer = parse_answer(json.dumps({**GOOD, "key": "  Proteins\n"}))
    assert answer.model_dump() == GOOD


@given(st.text())
def test_any_text_is_a_question_or_a_reason(raw: str) -> None:
    """No text raises anything but UnusableAnswer."""
    assert _reason(raw) is not None


@given(_json)
def test_any_json_is_a_question_or_a_reason(value: object) -> None:
    """No JSON raises anything but UnusableAnswer, escaped surrogates and NaN included."""
    _reason(json.dumps(value))


@given(_fields)
def test_any_value_in_any_field_is_a_question_or_a_reason(fields: dict[str, object]) -> None:
    """Wrong types, missing and surplus fields give one short reason that can be stored and sent."""
    reason = _reason(json.dumps(fields))
    if reason is not None:
        assert 0 < len(reason) <= LONGEST_REASON and "\x00" not in reason
        reason.encode()


@pytest.mark.parametrize(
    "raw",
    [
        "",
        " ",
        "[" * 100_000,
        '{"stem":' * 50_000,
        "1" * 100_000,
        "1e999999",
        "-Infinity",
        '"\ud800"',
        json.dumps({**GOOD, "stem": "\ud800"}),
        json.dumps({**GOOD, "stem": 10**400}),
        json.dumps({**GOOD, "distractors": {"text": "a"}}),
        json.dumps({**GOOD, "distractors": GOOD["distractors"] * 1_000}),
        json.dumps({**GOOD, "distractors": []}),
        json.dumps({**GOOD, "stem": "x" * 4_001}),
        json.dumps({**GOOD, "stem": " \n "}),
        "Here is your question: " + json.dumps(GOOD),
    ],
    ids=lambda raw: ascii(raw[:20]),
)
def test_hopeless_answers_are_unusable(raw: str) -> None:
    """Deep, huge, endless, empty and half-valid answers are refused with a reason."""
    with pytest.raises(UnusableAnswer):
        parse_answer(raw)


def test_the_reason_names_the_place() -> None:
    """The model is told which field to mend."""
    broken = {**GOOD, "distractors": [{"text": "a", "why_wrong": ""}, *GOOD["distractors"]]}
    with pytest.raises(UnusableAnswer, match=r"^distractors\.0\.why_wrong: "):
        parse_answer(json.dumps(broken))


@pytest.mark.parametrize("count", [0, 1, 5])
def test_two_to_four_distractors(count: int) -> None:
    """Three to five options make a question; other numbers are sent back."""
    distractor = {"text": "Wrong", "why_wrong": "It is."}
    with pytest.raises(UnusableAnswer, match="distractors: 2 to 4"):
        parse_answer(json.dumps({**GOOD, "distractors": [distractor] * count}))


@pytest.mark.parametrize("field", ["stem", "key", "explanation", "quote"])
def test_an_escaped_nul_does_not_survive(field: str) -> None:
    """`\\u0000` is valid JSON and no text that a database stores."""
    answer = parse_answer(json.dumps({**GOOD, field: f"before\0after {field}?"}))
    assert getattr(answer, field) == f"beforeafter {field}?"


def test_a_reason_is_short_whatever_the_model_wrote() -> None:
    """The name of an unexpected field is the model's own text; it is not repeated at length."""
    with pytest.raises(UnusableAnswer) as caught:
        parse_answer(json.dumps({**GOOD, "\0" + "x" * 5_000: 1}))
    assert len(str(caught.value)) <= LONGEST_REASON and "\0" not in str(caught.value)
