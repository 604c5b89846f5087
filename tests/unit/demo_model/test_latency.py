import pytest

from demo_model.latency import InvalidLatencyError, Latency


@pytest.mark.parametrize(("text", "low", "high"), [("0", 0, 0), ("0.25", 0.25, 0.25), ("0.5-3", 0.5, 3)])
def test_seconds_or_a_range(text: str, low: float, high: float) -> None:
    """The setting is a number of seconds or a range; the wait stays within it."""
    latency = Latency.parse(text)
    assert (latency.seconds("0" * 64), latency.seconds("f" * 64)) == (low, high)
    assert low <= latency.seconds("7" * 64) <= high


def test_the_wait_depends_on_the_request_alone() -> None:
    """The same request waits the same time in every run."""
    assert Latency.parse("1-9").seconds("5" * 64) == Latency.parse("1-9").seconds("5" * 64)


@pytest.mark.parametrize("text", ["", "x", "-1", "3-1", "1-", "nan", "0-inf"])
def test_anything_else_is_an_error(text: str) -> None:
    """A setting that can't be understood is no silent zero."""
    with pytest.raises(InvalidLatencyError):
        Latency.parse(text)
