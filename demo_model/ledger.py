"""The ledger: one line for every call, on the disk before the caller sees a byte of the answer.

It is the witness that no model call was paid for twice, so it must hold through SIGKILL and power loss: each line is
fsynced, and a line that a dying server left half written never swallows the next one.
"""

import asyncio
import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Entry:
    """One call, from `began` to `time`.

    `project` is the client's header `OpenAI-Project`, empty without one: it tells apart who shares a model.
    `outcome` is `answered`, `refused`, `rejected`, `client_gone` or the name of the fault.
    """

    request_id: str
    time: str
    outcome: str
    prompt_tokens: int
    completion_tokens: int
    began: str
    project: str = ""


def now() -> str:
    """The time of an entry: ISO 8601 in UTC with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Ledger:
    """Appends entries to a JSONL file. Calls that arrive together share one fsync."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # O_APPEND: two servers that share a ledger interleave whole lines.
        self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._flusher: asyncio.Task[None] | None = None
        self._fsync_directory(path.parent)

    async def append(self, entry: Entry) -> None:
        """Return when the entry is on the disk; raises OSError when it can't be written."""
        loop = asyncio.get_running_loop()
        line = json.dumps(asdict(entry), separators=(",", ":")).encode("ascii") + b"\n"
        done: asyncio.Future[None] = loop.create_future()
        self._waiting.append((line, done))
        if self._flusher is None:
            self._flusher = loop.create_task(self._flush())
        await done

    async def close(self) -> None:
        """Wait for entries under way and close the file."""
        if self._flusher is not None:
            await self._flusher
        os.close(self._file)

    async def _flush(self) -> None:
        """Group commit: whatever gathered while the last batch was being synced goes out with the next one."""
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                try:
                    await asyncio.to_thread(self._write, b"".join(line for line, _ in batch))
                except OSError as error:
                    self._settle(batch, error)
                else:
                    self._settle(batch, None)
        finally:
            self._flusher = None

    @staticmethod
    def _settle(batch: list[tuple[bytes, asyncio.Future[None]]], error: OSError | None) -> None:
        for _, done in batch:
            if done.done():  # its caller was cancelled
                continue
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(error)

    def _write(self, data: bytes) -> None:
        if self._ends_torn():
            data = b"\n" + data
        while data:  # a full disk can take a part
            data = data[os.write(self._file, data) :]
        os.fsync(self._file)

    def _ends_torn(self) -> bool:
        """Whether the file ends within a line: a server was killed, or the disk filled, in the middle of a write."""
        size = os.fstat(self._file).st_size
        return size > 0 and os.pread(self._file, 1, size - 1) != b"\n"

    @staticmethod
    def _fsync_directory(directory: Path) -> None:
        """Make the file's own existence survive a power loss."""
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
