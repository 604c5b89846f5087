"""Who uses the stack: a file for each user, locked by it. A user that was killed holds no lock and is none."""

import os
import secrets
from pathlib import Path

from embedded.lock import FileLock


class Users:
    """The list of users as one of them sees it. Every method is called with the door locked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mine: FileLock | None = None

    def join(self) -> None:
        """Become a user."""
        lock = FileLock(self._folder / f"{os.getpid()}.{secrets.token_hex(4)}")
        lock.try_acquire()
        self._mine = lock

    def leave(self) -> None:
        """Be a user no longer."""
        if self._mine is not None:
            self._mine.path.unlink(missing_ok=True)
            self._mine.release()
            self._mine = None

    def others(self, *, tidy: bool = True) -> list[int]:
        """Process ids of the other users; with `tidy`, files that dead users left are removed."""
        found = []
        for path in sorted(self._folder.iterdir()):
            if self._mine is not None and path == self._mine.path:
                continue
            lock = FileLock(path)
            if lock.try_acquire():
                if tidy:
                    path.unlink(missing_ok=True)
                lock.release()
            else:
                found.append(int(path.name.split(".")[0]))
        return found


def described(pids: list[int]) -> str:
    """Users for a message: "process 12" or "processes 12, 13"."""
    numbers = ", ".join(str(pid) for pid in sorted(set(pids)))
    return f"process {numbers}" if len(set(pids)) == 1 else f"processes {numbers}"
