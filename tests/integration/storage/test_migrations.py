"""Migrations and models say the same, in both directions, and at the same time."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect

from embedded.part import Addresses
from storage.engine import driver_url
from storage.migrate import alembic_config, migrate
from storage.tables import metadata
from tests.integration.storage.made import LOCK_WAITS, query
from tests.support.content import ROOT
from tests.support.waiting import until_now

SCHEMA = """
SELECT table_name, column_name, column_default, is_nullable, data_type, character_maximum_length
FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2"""
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
INDEXES = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2"


@pytest.fixture
def empty_database_url(stack: Addresses) -> Iterator[str]:
    """The URL of a database in which nothing is; its name and password need care in a configuration file."""
    name = "empty_100%"
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    yield stack.database_url.rsplit("/", 1)[0] + "/empty_100%25"
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_migrations_build_what_the_models_say(database_url: str) -> None:
    """Alembic finds nothing to do: tables, columns, types, server defaults, indexes and constraints agree."""
    engine = create_engine(driver_url(database_url))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True, "compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_the_partial_index_is_partial(database_url: str) -> None:
    """Alembic does not compare conditions: one active generation a quiz, any number of ended ones."""
    ((definition,),) = query(
        database_url, "SELECT indexdef FROM pg_indexes WHERE indexname = 'uq_workflow_state_active_quiz'"
    )
    assert "UNIQUE" in definition and "(quiz_id)" in definition
    condition = definition.partition(" WHERE ")[2]
    assert "running" in condition and "paused" in condition and "completed" not in condition


def test_constraints_are_named_as_in_the_models(database_url: str) -> None:
    """Queries tell by its name which constraint was hit; a foreign key deletes what belongs to a deleted row."""
    engine = create_engine(driver_url(database_url))
    for name, table in metadata.tables.items():
        keys = {key["name"]: key["options"] for key in inspect(engine).get_foreign_keys(name)}
        assert keys == {str(key.name): {"ondelete": "CASCADE"} for key in table.foreign_key_constraints}
    engine.dispose()


def test_down_to_nothing_and_up_again(empty_database_url: str) -> None:
    """Every migration can be undone, and gives the same schema when it is applied again."""
    config = alembic_config(empty_database_url)
    command.upgrade(config, "head")
    before = query(empty_database_url, SCHEMA), query(empty_database_url, INDEXES)
    command.downgrade(config, "base")
    assert query(empty_database_url, TABLES) == [("alembic_version",)]
    command.upgrade(config, "head")
    assert (query(empty_database_url, SCHEMA), query(empty_database_url, INDEXES)) == before
    assert ("workflow_state",) in query(empty_database_url, TABLES)


def _assert_migrated(url: str) -> None:
    head = ScriptDirectory.from_config(alembic_config(url)).get_current_head()
    assert query(url, "SELECT version_num FROM alembic_version") == [(head,)]


def test_two_processes_at_once_are_safe(empty_database_url: str) -> None:
    """Processes that start together all migrate: one does it, the others wait and find nothing to do."""

    def waiting() -> int:
        return int(query(empty_database_url, LOCK_WAITS)[0][0])

    program = "import sys; from storage.migrate import migrate; migrate(sys.argv[1])"
    # The first is held in the middle of its work, by a table of the same name that is never committed.
    with psycopg.connect(empty_database_url) as blocker, ThreadPoolExecutor(1) as pool:
        blocker.execute('CREATE TABLE "user" (id int)')
        first = subprocess.Popen([sys.executable, "-c", program, empty_database_url], cwd=ROOT)
        until_now(waiting, lambda count: count == 1)
        second = pool.submit(migrate, empty_database_url)
        until_now(waiting, lambda count: count == 2)
        blocker.rollback()
        second.result()
    assert first.wait(timeout=60) == 0
    _assert_migrated(empty_database_url)


def test_two_threads_at_once_are_safe(empty_database_url: str) -> None:
    """The keeper of a part migrates in a thread of its own, and Alembic's state is global to the process."""
    # Daemons: threads that wait for each other for ever must not keep the test run from ending.
    threads = [threading.Thread(target=migrate, args=(empty_database_url,), daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in threads)
    _assert_migrated(empty_database_url)


def test_there_is_one_head() -> None:
    """Two branches that each added a migration are joined before they are released."""
    assert len(ScriptDirectory.from_config(alembic_config("postgresql://h/d")).get_heads()) == 1


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+asyncpg"])
def test_every_usual_scheme_is_taken(scheme: str) -> None:
    """Hosts hand out different ones; ours is always the psycopg driver, and passwords keep their percent signs."""
    url = driver_url(f"{scheme}://user:p%2Fw@host:1234/mcq")
    assert url.drivername == "postgresql+psycopg" and url.password == "p/w"
