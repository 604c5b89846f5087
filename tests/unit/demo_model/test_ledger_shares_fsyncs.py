import asyncio
import os
from pathlib import Path

import pytest

from demo_model.ledger import Entry, Ledger

TIME = "2026-01-01T00:00:00.000Z"


async def test_entries_that_arrive_together_share_an_fsync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifty concurrent calls cost a few fsyncs, and each returns only after one that covers it."""
    ledger = Ledger(tmp_path / "ledger.jsonl")
    synced: list[str] = []
    fsync = os.fsync

    def counting(handle: int) -> None:
        fsync(handle)
        synced.append((tmp_path / "ledger.jsonl").read_text())

    monkeypatch.setattr(os, "fsync", counting)

    async def append(number: int) -> None:
        await ledger.append(Entry(f"id-{number}", TIME, "answered", 1, 1, TIME))
        assert f'"id-{number}"' in synced[-1]

    await asyncio.gather(*(append(number) for number in range(50)))
    assert len(synced) < 10
    await ledger.close()


async def test_an_entry_that_cannot_be_written_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is told to the caller, who then must not answer; the next entry gets its chance."""
    ledger = Ledger(tmp_path / "ledger.jsonl")
    entry = Entry("id", TIME, "answered", 1, 1, TIME)

    def full(handle: int, data: bytes) -> int:
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space"):
            await ledger.append(entry)
    await ledger.append(entry)
    await ledger.close()
    assert (tmp_path / "ledger.jsonl").read_text().count("\n") == 1
