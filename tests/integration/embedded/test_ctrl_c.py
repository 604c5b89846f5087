"""The terminal's Ctrl-C reaches the user's process, which decides what happens, and no part."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

from embedded import process
from tests.integration.embedded.helpers import OtherUser, eventually, lives, part_pid


def test_start_can_be_interrupted(home: Path, other_user: Callable[..., OtherUser]) -> None:
    """Ctrl-C while the stack starts ends what was started already."""
    user = other_user(postgres=True, toys={"toy": {}}, wait=False)
    eventually(lambda: [*home.glob("postgres.new-*")], "initdb is at work")
    user.process.send_signal(signal.SIGINT)
    assert user.answer("interrupted")
    assert process.find_marked(home) == []


def test_parts_survive_the_terminals_interrupt(home: Path, other_user: Callable[..., OtherUser]) -> None:
    """SIGINT to the whole process group of a user, as a terminal sends it, ends the user and leaves the parts be."""
    user = other_user(toys={"one": {}, "two": {}})
    pids = [part_pid(home, part) or 0 for part in ("one", "two")]
    os.killpg(user.process.pid, signal.SIGINT)
    user.process.wait(10)
    assert all(lives(pid) for pid in pids)
