"""Temporary homes of the stack."""

import shutil
import signal
import tempfile
from pathlib import Path

from embedded import process


def new_home() -> Path:
    """A MCQ_HOME that is not there yet, in a folder that PostgreSQL's system user can pass."""
    folder = Path(tempfile.mkdtemp(prefix="mcq-test-"))
    folder.chmod(0o711)
    return folder / "home"


def remove_home(home: Path) -> None:
    """End whatever still runs in it and delete it."""
    for mark in process.find_marked(home):
        process.stop(mark, signal.SIGINT, 5)
    shutil.rmtree(home.parent, ignore_errors=True)
