"""Fixtures of the embedded stack's tests."""

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from embedded import process
from embedded.part import Addresses
from embedded.stack import Stack
from tests.integration.embedded.helpers import OtherUser, settings_for


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the developer's own reaches the tests."""
    for name in os.environ:
        if name.startswith(("TEMPORAL_", "MCQ_", "OPENAI_")) or name == "DATABASE_URL":
            monkeypatch.delenv(name)


def _new_home() -> Path:
    # Not in pytest's own folders: as root PostgreSQL runs as another user, and those let nobody else pass.
    # In memory where that can be: a dozen databases are made and removed.
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 2 * 1024**3
    folder = Path(tempfile.mkdtemp(prefix="mcq-test-", dir=memory if roomy else None))
    folder.chmod(0o711)
    return folder / "home"


def _clean(home: Path) -> None:
    for mark in process.find_marked(home):
        process.stop(mark, signal.SIGINT, 5)
    shutil.rmtree(home.parent)


@pytest.fixture
def home() -> Iterator[Path]:
    """A MCQ_HOME that isn't there yet; whatever runs in it is ended after the test."""
    made = _new_home()
    yield made
    _clean(made)


@pytest.fixture
def other_user(home: Path) -> Iterator[Callable[..., OtherUser]]:
    """Starts users in processes of their own, and ends them after the test."""
    users: list[OtherUser] = []

    def start(**options: Any) -> OtherUser:
        users.append(OtherUser(home, **options))
        return users[-1]

    yield start
    for user in users:
        user.end()


@pytest.fixture(scope="session")
def running() -> Iterator[tuple[Path, Addresses]]:
    """A whole stack, shared by the tests that only look at it."""
    home = _new_home()
    with Stack(settings_for(home, postgres=True, temporal=True)) as stack:
        yield home, stack.addresses
    _clean(home)
