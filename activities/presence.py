"""Which workers of this machine live: each holds a lock on a file that is named as Temporal knows the worker.

The kernel releases the lock when the process ends, however it ends, and not before: a frozen worker keeps it. So a file
whose lock is free names a worker that is dead for certain, and nobody guesses about one that is merely slow.
"""

import fcntl
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

# Different after each start of the machine, the same in all of its containers.
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def folder_of_this_machine(folder: Path) -> Path:
    """Below `folder`, which may lie on a network's file system: another machine's locks say nothing here. OSError."""
    return folder / BOOT_ID.read_text(encoding="ascii").strip()


class Presence:
    """A worker among those that share `folder`. OSError where no file can be locked."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        while True:
            # Process id and machine are not enough: in a container that is started again both are what they were.
            self.identity = f"{os.getpid()}@{socket.gethostname()}-{secrets.token_hex(4)}"
            self._path = folder / self.identity
            self._path.touch(mode=0o600, exist_ok=False)
            lock = _locked(self._path)
            if lock is not None and self._path.exists():
                self._lock = lock
                return
            # Before it was locked somebody took it for a dead worker's, and will remove it.
            if lock is not None:
                os.close(lock)

    def leave(self) -> None:
        """Be a worker no longer, with nothing in flight."""
        with suppress(OSError):
            self._path.unlink()
        os.close(self._lock)


@contextmanager
def dead_workers(folder: Path) -> Iterator[set[str]]:
    """Identities of the dead, which nobody else is told meanwhile. They are told again until they are forgotten."""
    try:
        paths = sorted(folder.iterdir())
    except FileNotFoundError:  # somebody cleaned up: nobody can be seen here, living or dead
        paths = []
    dead: set[str] = set()
    with ExitStack() as locks:  # a lock that is not released makes a dead worker look alive to everybody
        for path in paths:
            # One that is no worker's file, or that cannot be locked now, is no reason to overlook the others.
            with suppress(OSError):
                lock = _locked(path)
                if lock is not None:
                    locks.callback(os.close, lock)
                    dead.add(path.name)
        yield dead


def forget(folder: Path, identity: str) -> None:
    """A dead worker of which nothing is left to see to."""
    (folder / identity).unlink(missing_ok=True)


def _locked(path: Path) -> int | None:
    """The locked file; None while somebody else has it, or when it is gone. OSError where it cannot be locked."""
    try:
        lock = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        if isinstance(error, BlockingIOError):
            return None
        raise
    return lock
