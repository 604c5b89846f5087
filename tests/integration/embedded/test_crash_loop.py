"""A part that dies again and again ends in one clear error."""

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from embedded import deaths, process
from embedded.errors import StackError
from embedded.part import ExtraPart, Launch
from embedded.stack import Stack
from tests.integration.embedded.helpers import OtherUser, eventually, settings_for, toy


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pauses are long for people, not for tests."""
    monkeypatch.setattr(deaths, "PAUSES", (0.05,) * 5)


def test_part_that_never_starts(home: Path) -> None:
    """Start fails, names the part, how it ended and its log with the last words, and leaves nothing running."""
    words = "import sys; sys.exit('no such model')"
    part = ExtraPart("broken", lambda _, __: Launch((sys.executable, "-c", words)), ready=lambda _, __: False)
    with pytest.raises(StackError) as caught:
        Stack(settings_for(home), extra_parts=[toy(), part]).start()
    message = str(caught.value)
    assert message.startswith("broken died 6 times in a row; the last time it ended with exit status 1")
    assert str(home / "logs" / "broken.log") in message
    assert message.endswith("no such model")
    assert process.find_marked(home) == []


def test_part_that_dies_later(home: Path, other_user: Callable[..., OtherUser]) -> None:
    """The error is seen by every user that asks and by who joins later, and the rest of the stack goes on."""
    allowed = home.parent / "allowed"
    allowed.touch()
    words = f"import pathlib, time\nwhile pathlib.Path({str(allowed)!r}).exists(): time.sleep(0.02)"
    part = ExtraPart(
        "fragile", lambda _, __: Launch((sys.executable, "-c", words)), ready=lambda _, __: allowed.exists()
    )

    def failure(stack: Stack) -> str:
        try:
            stack.raise_if_failed()
        except StackError as error:
            return str(error)
        return ""

    with Stack(settings_for(home), extra_parts=[toy(), part]) as owner:
        second = Stack(settings_for(home), extra_parts=[part])
        second.start()
        owner.raise_if_failed()
        allowed.unlink()
        for stack in (owner, second):
            assert "fragile died 6 times in a row" in eventually(partial(failure, stack), "the error")
        with pytest.raises(StackError, match="fragile died 6 times in a row"):
            Stack(settings_for(home), extra_parts=[part]).start()
        second.close()
        other_user(toys={"toy": {}}).tell("check")


def test_program_that_is_missing(home: Path) -> None:
    """A command that can't be run is told at once, without any retry."""
    part = ExtraPart("missing", lambda _, __: Launch(("/no/such/program",)))
    began = time.monotonic()
    with pytest.raises(StackError, match="missing: can't start /no/such/program: No such file"):
        Stack(settings_for(home), extra_parts=[part]).start()
    assert time.monotonic() - began < 3


def test_part_that_never_gets_ready(home: Path) -> None:
    """A part that runs but never serves is ended after its time, and the error says so."""
    with pytest.raises(StackError, match=r"toy wasn't ready after 0.5 s. See its log"):
        Stack(settings_for(home), extra_parts=[toy(ready=lambda _, __: False, ready_timeout=0.5)]).start()
    assert process.find_marked(home) == []
