"""The terminal's Ctrl-C reaches the user's process and no part."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

from tests.integration.embedded.helpers import OtherUser, lives, part_pid


def test_parts_survive_the_terminals_interrupt(home: Path, other_user: Callable[..., OtherUser]) -> None:
    """SIGINT to the whole process group of a user, as a terminal sends it, ends the user and leaves the parts be."""
    user = other_user(toys={"one": {}, "two": {}})
    pids = [part_pid(home, part) or 0 for part in ("one", "two")]
    os.killpg(user.process.pid, signal.SIGINT)
    user.process.wait(10)
    assert all(lives(pid) for pid in pids)
