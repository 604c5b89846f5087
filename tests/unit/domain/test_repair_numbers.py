"""Numeric options stand in ascending order, and the key follows its option."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.question import Option, Question
from domain.repair import repair


def _repaired(options: list[str], key: int = 0) -> tuple[list[str], str]:
    question = Question("?", tuple(map(Option, options)), key, "", "", "easy", "remember")
    mended = repair(question)
    return [option.text for option in mended.options], mended.key_text


@pytest.mark.parametrize(
    "ascending",
    [
        ["15", "23", "46", "78"],
        ["1905", "1914", "1939", "2001"],
        ["-5", "0", "+2", "10"],
        ["–.90", "–.50", "+.25", "+.80"],
        ["5%", "12.5%", "50%", "100%"],
        ["$750", "$1,000", "$75,000", "$1,000,000"],
        ["1 month", "3 months", "6 months", "12 months"],
        ["about 5 mg", "about 10 mg", "about 20 mg"],
        ["1st", "2nd", "3rd", "11th"],
        ["Stage 1", "Stage 2", "Stage 3"],
        ["0,5 V", "1,5 V", "12 V"],
        ["9" * 25, "9" * 26, "9" * 27],
    ],
)
def test_numbers_ascend(ascending: list[str]) -> None:
    """Integers, decimals, years, percentages, money and quantities of one unit are sorted by value."""
    for key, text in enumerate(ascending):
        shuffled = ascending[::-1]
        assert _repaired(shuffled, shuffled.index(text)) == (ascending, text), key


@pytest.mark.parametrize(
    "options",
    [
        ["6 months", "1 year", "2 weeks"],
        ["5 mg", "3 ml", "2 mg"],
        ["20 to 30", "10 to 20", "5 to 10"],
        ["1/2", "1/3", "1/4"],
        ["10:30", "9:15", "8:00"],
        ["1.500", "750", "2.000"],
        ["three", "two", "one"],
        ["COVID-19", "SARS-2", "H1N1"],
        ["12", "many", "3"],
        [],
    ],
)
def test_other_options_keep_their_order(options: list[str]) -> None:
    """Mixed units, ranges, fractions, times, ambiguous points and words are left alone."""
    assert [
        option.text for option in repair(Question("?", tuple(map(Option, options)), 0, "", "", "", "")).options
    ] == options


@given(st.lists(st.integers(-(10**12), 10**12), min_size=2, max_size=5, unique=True), st.data())
def test_any_integers_ascend(values: list[int], data: st.DataObject) -> None:
    """Any integers, with or without separators, end up ascending; key and reasons stay with their option."""
    key = data.draw(st.integers(0, len(values) - 1))
    options = tuple(Option(f"{value:,}" if value % 2 else str(value), f"not {value}") for value in values)
    mended = repair(Question("?", options, key, "", "", "", ""))
    assert [int(option.text.replace(",", "")) for option in mended.options] == sorted(values)
    assert mended.options[mended.key] == options[key]
    assert repair(mended) == mended
