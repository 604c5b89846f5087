"""What `make chaos` can be asked for is told when it cannot be, before anything is started."""

import sys

import pytest

from tests.chaos import __main__ as chaos
from tests.chaos.__main__ import _named, options
from tests.chaos.schedule import ALL, KILLS, OUTAGES


def test_names_are_taken_once_and_in_order() -> None:
    """However they are written: what is judged depends on them."""
    assert _named(options(), "kills,kills", ALL, "unknown") == (KILLS,)
    assert _named(options(), f"{OUTAGES},{KILLS}", ALL, "unknown") == (KILLS, OUTAGES)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--faults", "kills,earthquakes"], "unknown faults: earthquakes; known: kills, freezes"),
        (["--outages-of", "worker-1"], "these cannot go away: worker-1; known: postgres"),
        (["--kills", "1000", "--minutes", "1"], "allow at least 8.3 minutes, or at most 120 kills"),
    ],
)
def test_what_cannot_be(
    arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what can."""
    monkeypatch.setattr(sys, "argv", ["make chaos", *arguments])
    with pytest.raises(SystemExit, match="2"):
        chaos.main()
    assert said in capsys.readouterr().err
