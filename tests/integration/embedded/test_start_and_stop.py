"""Starting again finds the same data at the same addresses."""

from pathlib import Path

import psycopg
from temporalio.client import Client
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from embedded import process
from embedded.part import Addresses
from embedded.stack import Stack
from tests.integration.embedded.helpers import settings_for


async def _start_workflow(addresses: Addresses) -> None:
    client = await Client.connect(addresses.temporal_address)
    status = TypedSearchAttributes([SearchAttributePair(SearchAttributeKey.for_keyword("McqStatus"), "running")])
    await client.start_workflow("Nobody", id="kept", task_queue="none", search_attributes=status)


async def _describe(addresses: Addresses) -> str:
    client = await Client.connect(addresses.temporal_address)
    return (await client.get_workflow_handle("kept").describe()).workflow_type


async def test_data_and_addresses_survive_a_stop(home: Path) -> None:
    """Close by the last user ends every process; the next start has the rows, workflows and ports of before."""
    settings = settings_for(home, postgres=True, temporal=True)
    reports: list[str] = []
    with Stack(settings, report=reports.append) as stack:
        before = stack.addresses
        with psycopg.connect(before.database_url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        await _start_workflow(before)
    assert process.find_marked(home) == []
    assert [line.split(" after")[0] for line in reports[-2:]] == ["temporal stopped", "postgres stopped"]
    with Stack(settings) as stack:
        assert stack.addresses == before
        with psycopg.connect(before.database_url) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
        assert await _describe(before) == "Nobody"


def test_close_twice_is_harmless(home: Path) -> None:
    """Close may be called again, and on a stack that never started."""
    stack = Stack(settings_for(home))
    stack.close()
    stack.start()
    stack.close()
    stack.close()
