"""Locks between processes: `flock` on a file, which the kernel releases when its holder dies, however it dies."""

import fcntl
import os
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from embedded.errors import StackError

_POLL = 0.05  # seconds between two tries; a waiter is a person at a terminal, 50 ms is at once
_REPORT_EVERY = 5.0  # seconds between two messages to somebody who waits

_held: "weakref.WeakSet[FileLock]" = weakref.WeakSet()


def _close_in_forked_child() -> None:
    # A forked child shares the open file, and with it the lock, and would keep it after its parent was killed.
    for lock in list(_held):
        lock.forget()


os.register_at_fork(after_in_child=_close_in_forked_child)


class FileLock:
    """An exclusive lock on a file, for one process or one object in a process. Not re-entrant."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = None

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._fd is not None

    def try_acquire(self) -> bool:
        """Take the lock if nobody has it. StackError where the file can't be locked at all."""
        if self._fd is not None:
            return True
        try:
            fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StackError(f"Can't open the lock file {self.path}: {error.strerror}.") from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return False
        except OSError as error:
            os.close(fd)
            raise StackError(
                f"Can't lock {self.path}: {error.strerror}. "
                "Its file system must support flock: set MCQ_HOME to a folder on another one."
            ) from error
        self._fd = fd
        _held.add(self)
        return True

    def acquire(
        self,
        *,
        waiting: Callable[[float], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> bool:
        """Wait for the lock; `waiting` is told the seconds so far every few seconds. False when cancelled."""
        began = time.monotonic()
        told = began
        while not self.try_acquire():
            if cancelled is not None and cancelled():
                return False
            now = time.monotonic()
            if waiting is not None and now - told >= _REPORT_EVERY:
                told = now
                waiting(now - began)
            time.sleep(_POLL)
        return True

    def release(self) -> None:
        """Give the lock back; nothing if it isn't held."""
        if self._fd is not None:
            fcntl.flock(self._fd, fcntl.LOCK_UN)
            self.forget()

    def forget(self) -> None:
        """Close the file without unlocking it for the other copies of a fork."""
        fd, self._fd = self._fd, None
        _held.discard(self)
        if fd is not None:
            os.close(fd)


@contextmanager
def locked(path: Path, *, waiting: Callable[[float], None] | None = None) -> Iterator[None]:
    """Hold the lock of a file for a block."""
    lock = FileLock(path)
    lock.acquire(waiting=waiting)
    try:
        yield
    finally:
        lock.release()
