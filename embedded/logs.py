"""Logs of the stack: one file for each part, bounded, and one for what the supervision did."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

# Bytes after which a log is set aside when its part starts: enough for days of warnings; at most two of them a part.
MAX_SIZE = 10 * 1024 * 1024

Report = Callable[[str], None]


def open_log(path: Path) -> BinaryIO:
    """A log opened for appending; one that grew too big becomes `<name>.log.1`, in place of the one before."""
    rotate(path)
    path.touch(mode=0o600)
    return path.open("ab")


def rotate(path: Path) -> None:
    """Set a log aside that grew too big."""
    if path.exists() and path.stat().st_size > MAX_SIZE:
        path.replace(path.with_name(path.name + ".1"))


def tail(path: Path, lines: int = 3) -> str:
    """The last lines of a log, for an error message; empty if there are none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 4096))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""


class Reporter:
    """Tells the user and `stack.log` what the stack does. Called from several threads, one at a time."""

    def __init__(self, path: Path, tell: Report | None) -> None:
        self._path = path
        self._tell = tell
        self._lock = threading.Lock()

    def __call__(self, message: str) -> None:
        """Pass a message on."""
        with self._lock:
            try:
                with open_log(self._path) as log:
                    log.write(f"{datetime.now(UTC).isoformat(timespec='milliseconds')} {message}\n".encode())
            except OSError as error:  # a full disk must not end the supervision, nor hide the message
                message = f"{message} [not in {self._path}: {error.strerror}]"
            if self._tell is not None:
                self._tell(message)

    def tell_only(self, message: str) -> None:
        """Tell the user alone: for what isn't worth a line in the log."""
        with self._lock:
            if self._tell is not None:
                self._tell(message)
