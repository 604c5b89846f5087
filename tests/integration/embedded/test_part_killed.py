"""A part that is killed is started again with its data, at the same address."""

import os
import signal
from pathlib import Path

import psycopg
from temporalio.client import Client

from embedded.stack import Stack
from tests.integration.embedded.helpers import part_pid, restarted, settings_for


async def test_postgres_and_temporal_come_back_with_their_data(home: Path) -> None:
    """After SIGKILL of each server its row or workflow is still there, and nobody needs a new address."""
    with Stack(settings_for(home, postgres=True, temporal=True)) as stack:
        before = stack.addresses
        with psycopg.connect(before.database_url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        client = await Client.connect(before.temporal_address)
        await client.start_workflow("Nobody", id="kept", task_queue="none")
        pids = {part: part_pid(home, part) or 0 for part in ("postgres", "temporal")}
        for pid in pids.values():
            os.kill(pid, signal.SIGKILL)
        for part, pid in pids.items():
            restarted(home, part, pid)
        with psycopg.connect(before.database_url) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
        client = await Client.connect(before.temporal_address)
        assert (await client.get_workflow_handle("kept").describe()).workflow_type == "Nobody"
        assert stack.addresses == before
        stack.raise_if_failed()
