"""`stack.json`: the ports and processes of the stack, shared by the processes that use it. Holds no secret."""

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from embedded.errors import StackError
from embedded.lock import locked
from embedded.process import Mark

VERSION = 1


class PartRecord(BaseModel):
    """What another process needs to know to use, adopt or stop a part."""

    # Parts stop in the reverse of this order.
    order: int
    pid: int
    # With the pid, identifies the process: see `process.Mark`.
    started: str
    # SHA-256 of command and environment: tells whether two processes mean the same part and reveals no secret.
    definition: str
    ready: bool = False
    # Why it isn't started again any more.
    failure: str | None = None
    stop_signal: int
    kill_signal: int
    # Seconds between the two.
    stop_timeout: float

    @property
    def mark(self) -> Mark:
        """The process."""
        return Mark(self.pid, self.started)


class StackState(BaseModel):
    """The contents of the file."""

    version: int = VERSION
    # Whether it was left running on purpose: then a user that joins and leaves does not stop it.
    background: bool = False
    ports: dict[str, int] = Field(default_factory=dict)
    parts: dict[str, PartRecord] = Field(default_factory=dict)


class StateFile:
    """Reads and changes the file; every change is atomic and on disk when it returns."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = path.parent / "run" / "state.lock"
        self._cached: tuple[object, StackState] = (None, StackState())

    def read(self) -> StackState:
        """The state, empty if there is no file; not to be changed. StackError if it can't be read or isn't valid."""
        # Keepers look ten times a second. Every write makes a new file, so its inode, time and size tell of it.
        try:
            status = self.path.stat()
        except OSError:
            return self._load()
        seen = (status.st_ino, status.st_mtime_ns, status.st_size)
        cached, state = self._cached
        if seen != cached:
            state = self._load()
            self._cached = (seen, state)  # at once: threads share this object
        return state

    def _load(self) -> StackState:
        try:
            raw = self.path.read_bytes()
        except FileNotFoundError:
            return StackState()
        except OSError as error:
            raise StackError(f"Can't read {self.path}: {error.strerror}. Give it to this user.") from error
        try:
            found = json.loads(raw)
            if isinstance(found, dict) and isinstance(found.get("version"), int) and found["version"] > VERSION:
                raise StackError(
                    f"{self.path} was written by a newer version of mcq (format {found['version']}, "
                    f"this one knows {VERSION}). Use that version, or set MCQ_HOME to another folder."
                )
            return StackState.model_validate(found)
        except (ValueError, ValidationError) as error:
            raise StackError(
                f"{self.path} isn't a valid state file ({str(error).splitlines()[0]}). It holds only ports and "
                "process ids: move it away and start again; the data isn't in it."
            ) from error

    @contextmanager
    def changing(self) -> Iterator[StackState]:
        """The state, to be changed in place; written at the end of the block unless it raises."""
        with locked(self._lock):
            state = self._load()
            before = state.model_dump_json()
            yield state
            if state.model_dump_json() != before:
                self._write(state)

    def _write(self, state: StackState) -> None:
        draft = self.path.with_name(f".{self.path.name}.{os.getpid()}-{secrets.token_hex(4)}")
        try:
            write_new_file(draft, state.model_dump_json(indent=1).encode() + b"\n")
            draft.replace(self.path)
            sync_folder(self.path.parent)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise StackError(f"Can't write {self.path}: {error.strerror}.") from error


def write_new_file(path: Path, content: bytes) -> None:
    """Write a file that only this user can read, and wait until it is on disk. OSError where that fails."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Wait until the names in a folder are on disk."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
