"""A stack that runs serves what it says it serves, to this machine only."""

import urllib.request
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it ships no types
import psycopg
import pytest
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.client import Client

from embedded import process
from embedded.part import Addresses
from embedded.temporal_server import SEARCH_ATTRIBUTES

Running = tuple[Path, Addresses]


def test_database_is_ready_durable_and_named_mcq(running: Running) -> None:
    """The URL opens a database called mcq, as soon as start returns; every commit waits for the disk."""
    with psycopg.connect(running[1].database_url) as connection:
        assert connection.info.dbname == "mcq"
        row = connection.execute("SELECT current_setting('fsync'), current_setting('synchronous_commit')").fetchone()
        assert row == ("on", "on")


async def test_temporal_is_ready_with_namespace_and_search_attributes(running: Running) -> None:
    """gRPC health is SERVING, the namespace works and our search attributes are there, as soon as start returns."""
    client = await Client.connect(running[1].temporal_address, namespace="default")
    assert await client.service_client.check_health()
    assert (await client.count_workflows()).count == 0
    found = await client.operator_service.list_search_attributes(ListSearchAttributesRequest(namespace="default"))
    assert set(SEARCH_ATTRIBUTES) <= set(found.custom_attributes)


def test_web_ui_answers(running: Running) -> None:
    """The address of the UI is one that a browser opens."""
    assert running[1].temporal_ui is not None
    with urllib.request.urlopen(running[1].temporal_ui, timeout=5) as page:  # noqa: S310  # our own address
        assert b"<html" in page.read().lower()


def test_no_part_listens_beyond_this_machine(running: Running) -> None:
    """Every listening socket of every part is on 127.0.0.1, and PostgreSQL makes no socket file."""
    home, _ = running
    marks = process.find_marked(home)
    assert len(marks) == 2
    for mark in marks:
        found = psutil.Process(mark.pid).net_connections(kind="all")
        listening = {connection.laddr.ip for connection in found if connection.status == psutil.CONN_LISTEN}
        assert listening == {"127.0.0.1"}
        assert not [connection for connection in found if isinstance(connection.laddr, str) and connection.laddr]


def test_database_refuses_a_wrong_password(running: Running) -> None:
    """The password is checked by scram-sha-256, and is kept where only the user reads it."""
    home, addresses = running
    password = (home / "postgres-password").read_text()
    assert (home / "postgres-password").stat().st_mode & 0o777 == 0o600
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(addresses.database_url.replace(password, "wrong"))
    rules = [line.split() for line in (home / "postgres" / "pg_hba.conf").read_text().splitlines()]
    assert {rule[-1] for rule in rules if rule and not rule[0].startswith("#")} == {"scram-sha-256"}


def test_password_is_in_no_log_state_or_repr(running: Running) -> None:
    """The database password appears in no file but its own, and not in the repr of the addresses."""
    home, addresses = running
    password = (home / "postgres-password").read_text()
    assert password in addresses.database_url
    assert password not in repr(addresses)
    for path in [home / "stack.json", *(home / "logs").iterdir()]:
        assert password not in path.read_text(), path
