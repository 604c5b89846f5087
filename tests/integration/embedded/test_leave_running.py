"""A stack can be left running in the background, and stopped from anywhere."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from embedded import process
from embedded.errors import StackError
from embedded.part import Addresses, ExtraPart, Launch
from embedded.stack import Stack, stop
from tests.integration.embedded.helpers import OtherUser, lives, part_pid, settings_for


def test_left_running_until_it_is_stopped(home: Path, other_user: Callable[..., OtherUser]) -> None:
    """After the last user left it running the parts live on; `stop` ends them and tells which."""
    user = other_user(toys={"one": {}, "two": {}})
    user.tell("leave")
    user.process.wait(10)
    pids = [part_pid(home, part) or 0 for part in ("one", "two")]
    assert all(lives(pid) for pid in pids)
    assert stop(settings_for(home)) == ["two", "one"]
    assert not any(lives(pid) for pid in pids)
    assert stop(settings_for(home)) == []


def test_stop_refuses_while_somebody_uses_it(home: Path, other_user: Callable[..., OtherUser]) -> None:
    """`stop` names the process that uses the stack and stops nothing; a killed user is no user."""
    user = other_user(toys={"toy": {}})
    with pytest.raises(StackError, match=f"in use by process {user.process.pid}"):
        stop(settings_for(home))
    assert lives(part_pid(home, "toy") or 0)
    user.kill()
    assert stop(settings_for(home)) == ["toy"]


def test_stop_of_nothing_changes_nothing(home: Path) -> None:
    """`stop` where no stack ever was makes no folder."""
    assert stop(settings_for(home)) == []
    assert not home.exists()


def test_part_that_ignores_its_stop_signal_is_killed(home: Path) -> None:
    """After the part's stop time-out it is ended by force, and that is told."""
    reports: list[str] = []
    script = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nopen('ready', 'w')\ntime.sleep(600)"
    folder = home.parent

    def build(_: Addresses, __: int | None) -> Launch:
        return Launch((sys.executable, "-c", script), cwd=folder)

    part = ExtraPart("deaf", build, ready=lambda _, __: (folder / "ready").exists(), stop_timeout=0.3)
    with Stack(settings_for(home), extra_parts=[part], report=reports.append):
        pass
    assert "deaf had to be killed" in reports[-1]
    assert process.find_marked(home) == []
