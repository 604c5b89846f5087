"""What a worker has in flight, noted where the workers beside it find it when it dies.

Each worker has a folder, locked by it, with a file for each activity that it runs: the token by which Temporal knows
the try. The kernel releases the lock when the process ends, however it ends, and not before: a frozen worker keeps it.
So a folder whose lock is free names what nobody works on any more, and nobody guesses about a worker that is slow.
"""

import asyncio
import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import temporalio.activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

# Seconds that a note outlives its activity: Temporal is told of the end after it, on a full machine a second later.
# Handing back a try that has ended does nothing.
TOLD_WITHIN = 2.0


class InFlight:
    """A worker's folder below `parent`, which the workers of a machine share. OSError where none can be kept."""

    def __init__(self, parent: Path) -> None:
        parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._numbers = 0
        self._running = 0
        while True:
            self._folder = parent / f"{os.getpid()}.{secrets.token_hex(4)}"
            self._folder.mkdir(mode=0o700)
            self._lock = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            if self._folder.exists():
                return
            os.close(self._lock)  # before it was locked another worker took it for a dead one's

    def close(self) -> None:
        """After a drain nothing is left; anything else is handed back by whoever sees that the lock is free."""
        if not self._running:
            shutil.rmtree(self._folder, ignore_errors=True)
        os.close(self._lock)

    @contextmanager
    def noted(self, token: bytes) -> Iterator[None]:
        """Note a try while it runs. One that cannot be noted runs all the same: there are heartbeats."""
        self._numbers += 1
        self._running += 1
        note = self._folder / str(self._numbers)
        with suppress(OSError):
            note.write_bytes(token)
        try:
            yield
        finally:
            self._running -= 1
            asyncio.get_running_loop().call_later(TOLD_WITHIN, _forget, note)


def _forget(note: Path) -> None:
    with suppress(OSError):
        note.unlink()


class NotesActivities(Interceptor):
    """Worker interceptor: every activity is noted while it runs."""

    def __init__(self, in_flight: InFlight) -> None:
        self._in_flight = in_flight

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's name
        """The interceptor of activities."""
        return _Noted(next, self._in_flight)


class _Noted(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, in_flight: InFlight) -> None:  # noqa: A002 - the SDK's name
        super().__init__(next)
        self._in_flight = in_flight

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK's name
        with self._in_flight.noted(temporalio.activity.info().task_token):
            return await super().execute_activity(input)


def workers_of(parent: Path) -> list[Path]:
    """The folders of all workers, living and dead."""
    return sorted(parent.iterdir())


@contextmanager
def left_behind(folder: Path) -> Iterator[list[bytes] | None]:
    """The tokens that a dead worker left in its folder, which is locked meanwhile and gone after a clean exit.

    None when its worker lives, when another worker is at it, or when that one has finished.
    """
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except (FileNotFoundError, NotADirectoryError):
        yield None
        return
    tokens: list[bytes] | None = None
    with suppress(BlockingIOError, FileNotFoundError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        found = (note.read_bytes() for note in folder.iterdir())
        tokens = [token for token in found if token]  # an empty one was being written when its worker died
    try:
        yield tokens
        if tokens is not None:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)
