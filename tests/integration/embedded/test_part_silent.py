"""A server that lives but serves nobody any more is started again; nobody has to notice it at 3 a.m."""

import asyncio
import subprocess
from pathlib import Path

import pytest
from temporalio.client import Client

from embedded import silence
from embedded.silence import UNANSWERED, Silence
from embedded.stack import Stack
from embedded.temporal_cli import find_or_make
from tests.integration.embedded.helpers import part_pid, restarted, settings_for


async def test_temporal_that_lost_its_namespace_is_started_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It answers "namespace not found" to everything for good, with its process alive; a new start mends it."""
    monkeypatch.setattr(silence, "ASK_EVERY", 0.1)
    cli = find_or_make(None, lambda _line: None, lambda: None)
    with Stack(settings_for(home, temporal=True)) as stack:
        address = stack.addresses.temporal_address
        before = part_pid(home, "temporal") or 0
        delete = [str(cli), "operator", "namespace", "delete", "-n", "default", "--yes", "--address", address]
        await asyncio.to_thread(subprocess.run, delete, check=True, capture_output=True, timeout=60)
        restarted(home, "temporal", before)
        client = await Client.connect(address)
        await client.start_workflow("Nobody", id="served", task_queue="none")
        assert "lived but no longer served" in (home / "logs" / "stack.log").read_text()
        stack.raise_if_failed()


def test_a_moment_of_silence_is_forgiven() -> None:
    """One answer in between, and the count begins anew."""
    quiet = Silence()
    assert not any(quiet.lasts(answered=False) for _ in range(UNANSWERED - 1))
    assert not quiet.lasts(answered=True)
    assert [quiet.lasts(answered=False) for _ in range(UNANSWERED)] == [False] * (UNANSWERED - 1) + [True]
