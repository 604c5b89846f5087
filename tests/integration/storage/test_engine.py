"""Connections survive the server's restarts, and errors tell nothing of the content."""

import asyncio

import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.engine import CONNECT_TIMEOUT, create_engine, driver_url, plain_url
from storage.model_calls import ModelCallStore
from storage.tables import Quiz
from storage.workflow_states import WorkflowStateStore
from tests.integration.storage.made import answer, make_generation, query
from tests.support.waiting import until_now

# From another database, or it would end itself.
END_ALL = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = ''"""
COUNT = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


async def _fill_the_pool(engine: AsyncEngine, count: int) -> None:
    connections = await asyncio.gather(*(engine.connect().start() for _ in range(count)))
    for connection in connections:
        await connection.close()


async def test_idle_connections_that_died_are_replaced(
    engine: AsyncEngine, states: WorkflowStateStore, quiz: Quiz, database_url: str
) -> None:
    """After a restart of the server the next queries work, all of them, without an error in between."""
    workflow_id = await make_generation(states, quiz)
    await _fill_the_pool(engine, 5)
    assert query(database_url, END_ALL)[0][0] >= 5
    until_now(lambda: query(database_url, COUNT)[0][0], lambda count: count == 0)
    rows = await asyncio.gather(*(states.load(workflow_id) for _ in range(10)))
    assert {row.workflow_id for row in rows if row is not None} == {workflow_id} and None not in rows


async def test_a_query_under_way_fails_and_the_next_one_works(engine: AsyncEngine, database_url: str) -> None:
    """What was running is told once; the connection is not handed out again."""
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
        query(database_url, END_ALL)
        with pytest.raises(DBAPIError) as caught:
            await connection.execute(text("SELECT 2"))
        assert caught.value.connection_invalidated
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT 3")) == 3


async def test_errors_hold_no_content(calls: ModelCallStore) -> None:
    """Their texts travel to history and logs: the statement without its parameters."""
    with pytest.raises(DBAPIError) as caught:
        await calls.record(answer("mcq_x_1", 0, raw="canary of the course content", prompt_tokens=2**40))
    assert "canary" not in str(caught.value) and "canary" not in repr(caught.value)


async def test_a_server_that_is_not_there_is_told_at_once() -> None:
    """A closed port is an OperationalError, without the password."""
    engine = create_engine("postgresql://user:canary@127.0.0.1:1/mcq")
    async with asyncio.timeout(CONNECT_TIMEOUT + 2):
        with pytest.raises(OperationalError) as caught:
            await engine.connect().start()
    assert "canary" not in str(caught.value)
    await engine.dispose()


async def test_a_server_that_says_nothing_is_given_up() -> None:
    """A port that takes connections and never speaks: an error within seconds, not a hang."""
    silent = await asyncio.start_server(lambda _reader, _writer: asyncio.sleep(60), "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    engine = create_engine(f"postgresql://user:secret@127.0.0.1:{port}/mcq")
    async with asyncio.timeout(CONNECT_TIMEOUT + 2):
        with pytest.raises(OperationalError):
            await engine.connect().start()
    await engine.dispose()
    silent.close()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_psycopg_reads_a_password_of_any_characters(scheme: str) -> None:
    """As it is escaped in the setting. libpq would repeat a URL that it cannot read, with the password."""
    url = f"{scheme}://m%20q:a%20b+%40%2F%3F%23%25@host:1234/mcq?options=-c%20search_path%3Dmcq"
    found, drivers = conninfo_to_dict(plain_url(url)), driver_url(url)
    assert (found["user"], found["password"], found["host"]) == ("m q", "a b+@/?#%", "host")
    assert (drivers.username, drivers.password, drivers.host) == ("m q", "a b+@/?#%", "host")
    assert found["options"] == drivers.query["options"] == "-c search_path=mcq"
