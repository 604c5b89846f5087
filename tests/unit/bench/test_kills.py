"""A comparison that shows nothing is no success."""

import signal
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from bench import kills
from bench.peers.figures import Outcome
from bench.peers.supervised import Fate, GivenUpError
from bench.peers.witness import Witness

STRUCK = {"LangGraph": 7, "DBOS": 11, "service": 23}


def _compared(struck: dict[str, int], monkeypatch: pytest.MonkeyPatch, folder: Path) -> int | str | None:
    """Exit code of a comparison in which so many kills struck a call; who is not named is given up."""

    def run(_world: object, _plan: object, which: str) -> Outcome:
        if which not in struck:
            raise GivenUpError("not done")
        return Outcome(which, 0, {}, Fate(), Witness(struck=struck[which]))

    monkeypatch.setattr(kills, "bench", nullcontext)
    monkeypatch.setattr(kills, "_run", run)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(sys, "argv", ["kills", "--logs", str(folder)])
    with pytest.raises(SystemExit) as ended:
        kills.main()
    return ended.value.code


def test_kills_that_struck_everybody_are_a_comparison(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is complained about."""
    assert _compared(STRUCK, monkeypatch, tmp_path) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("which", STRUCK)
def test_a_system_that_no_kill_struck_is_named(
    which: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its figures would be those of a quiet afternoon."""
    assert _compared({**STRUCK, which: 0}, monkeypatch, tmp_path) == 1
    assert capsys.readouterr().err.startswith(f"{which}: no kill struck a call")


def test_a_system_that_was_given_up_fails_the_comparison(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The others are told."""
    assert _compared({"LangGraph": 7, "service": 23}, monkeypatch, tmp_path) == 1
    told = capsys.readouterr()
    assert told.err == "DBOS: given up: not done\n" and "| LangGraph | service |" in told.out
