"""What a call costs."""

import pytest

from model.prices import PRICES, cost_of, parse_prices


def test_prices_are_dollars_a_million_tokens() -> None:
    """A million prompt tokens and a million completion tokens cost the two prices together."""
    assert cost_of("gpt-4.1-mini", 1_000_000, 1_000_000, None) == pytest.approx(2.0)
    assert cost_of("gpt-4.1-mini", 500, 250, None) == pytest.approx(0.0006)


def test_a_dated_model_has_the_price_of_its_name() -> None:
    """Providers answer with the dated name of the model that was asked for."""
    assert cost_of("gpt-4o-2024-08-06", 1_000_000, 0, None) == PRICES["gpt-4o"][0]


def test_a_longer_name_is_another_model() -> None:
    """`gpt-4o-audio` is not priced as `gpt-4o`."""
    assert cost_of("gpt-4o-audio-preview", 1, 1, None) is None


def test_an_unknown_price_is_not_zero() -> None:
    """None says that nobody knows, 0 that it is free."""
    assert cost_of("some-model", 10, 10, None) is None
    assert cost_of("demo-model", 10, 10, None) == 0


def test_the_setting_overrides_the_table() -> None:
    """OPENAI_PRICES holds for every model."""
    assert cost_of("gpt-4o", 1_000_000, 2_000_000, (1.0, 3.0)) == 7.0


def test_two_numbers_are_read() -> None:
    """Space around them does not matter."""
    assert parse_prices(" 0.4 , 1.6") == (0.4, 1.6)


@pytest.mark.parametrize("text", ["", "1", "1,2,3", "a,b", "1;2", "nan,1", "1,inf", "-1,2"])
def test_what_is_no_price_is_refused(text: str) -> None:
    """One error that names the setting and shows the form; a NaN would make every later sum one."""
    with pytest.raises(ValueError, match="OPENAI_PRICES"):
        parse_prices(text)
