"""What a person reads on the screen."""

import io
from datetime import timedelta

import pytest
from rich.console import Console

from commands.display import Display, duration, money
from domain.statuses import Status
from service.status import Waiting
from tests.unit.commands.made_up import MOMENT, make_status


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (3.9, "0:03"), (59.999, "0:59"), (60, "1:00"), (123, "2:03"), (3_600, "1:00:00"), (3_723, "1:02:03"),
     (360_000, "100:00:00")],
)  # fmt: skip
def test_durations(seconds: float, text: str) -> None:
    """Hours only where there are some; two digits after a colon."""
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("cost", "text"),
    [(None, "price unknown"), (0.0, "$0.00"), (0.00012, "$0.0001"), (0.4567, "$0.4567"), (1.0, "$1.00"),
     (12.346, "$12.35")],
)  # fmt: skip
def test_money(cost: float | None, text: str) -> None:
    """Cents need more digits below a dollar; an unknown price is not a free one."""
    assert money(cost) == text


def _shown(*statuses: object, terminal: bool = False, quiet: bool = False) -> str:
    output = io.StringIO()
    console = Console(file=output, force_terminal=terminal, width=200)
    with Display(console, quiet=quiet, web_ui="http://ui") as display:
        for status in statuses:
            display.show(status)  # type: ignore[arg-type]
    return output.getvalue()


def test_without_a_terminal_there_are_plain_lines() -> None:
    """Logs of a build hold no control characters, and the numbers that count."""
    shown = _shown(make_status(cost=None))
    assert "\x1b" not in shown
    assert "2/4 questions" in shown and "1 in flight, 3 rejected" in shown
    assert "1,500 tokens, price unknown" in shown


def test_the_same_line_is_not_repeated() -> None:
    """A log of an hour's wait is not an hour of lines."""
    assert _shown(make_status(), make_status(), make_status()).count("2/4") == 1


def test_quiet_shows_nothing() -> None:
    """Scripts read one JSON document and nothing else."""
    output = io.StringIO()
    with Display(Console(file=output), quiet=True) as display:
        display.note("starting")
        display.trouble("PostgreSQL does not answer")
        display.show(make_status())
    assert output.getvalue() == ""


def test_waiting_for_the_provider_is_told_with_the_reason() -> None:
    """Since when, why, and when it is tried again."""
    waiting = Waiting(3, "rate limit (429)", MOMENT, MOMENT + timedelta(seconds=30))
    shown = _shown(make_status(waiting=waiting))
    assert "waiting for the model since" in shown and "rate limit (429); next try in 0 s" in shown


def test_a_pause_is_told_in_the_place_of_the_step() -> None:
    """`paused` matters more than where in the story it stands."""
    shown = _shown(make_status(status=Status.PAUSED))
    assert "paused" in shown and "write_questions" not in shown


def test_a_terminal_shows_bar_id_and_page() -> None:
    """The id to copy and the page to open."""
    shown = _shown(make_status(), terminal=True)
    assert "2/4" in shown and make_status().workflow_id in shown and "http://ui/namespaces" in shown


def test_words_of_a_provider_are_no_markup() -> None:
    """A reason with brackets is shown as it is, and breaks nothing."""
    output = io.StringIO()
    with Display(Console(file=output, width=200), quiet=False) as display:
        display.note("reason: [/red] [link=x]")
        display.trouble("[bold")
    assert "[/red] [link=x]" in output.getvalue() and "[bold" in output.getvalue()


def test_a_trouble_is_told_once() -> None:
    """Until it is over; then a new one is told again."""
    output = io.StringIO()
    with Display(Console(file=output, width=200), quiet=False) as display:
        for text in ("away", "away", None, "away"):
            display.trouble(text)
    assert output.getvalue().count("away") == 2
