"""Migrations and models say the same, in both directions, and at the same time."""

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
from tests.integration.storage.made import query

SCHEMA = """
SELECT table_name, column_name, column_default, is_nullable, data_type, character_maximum_length
FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2"""
INDEXES = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2"


@pytest.fixture
def empty_database_url(stack: Addresses) -> Iterator[str]:
    """The URL of a database in which nothing is; its name and password need care in a configuration file."""
    name = "empty_100%"
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[call-overload]
    yield stack.database_url.rsplit("/", 1)[0] + "/empty_100%25"
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[call-overload]


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


def test_down_to_nothing_and_up_again(database_url: str) -> None:
    """Every migration can be undone, and gives the same schema when it is applied again."""
    before = query(database_url, SCHEMA), query(database_url, INDEXES)
    config = alembic_config(database_url)
    command.downgrade(config, "base")
    tables = [row[0] for row in query(database_url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    assert tables == ["alembic_version"]
    command.upgrade(config, "head")
    assert (query(database_url, SCHEMA), query(database_url, INDEXES)) == before


def test_two_at_once_are_safe(empty_database_url: str) -> None:
    """Processes that start together all migrate: one does it, the others wait and find nothing to do."""
    with ThreadPoolExecutor(4) as pool:
        for outcome in [pool.submit(migrate, empty_database_url) for _ in range(4)]:
            outcome.result()
    versions = query(empty_database_url, "SELECT version_num FROM alembic_version")
    assert versions == [(ScriptDirectory.from_config(alembic_config(empty_database_url)).get_current_head(),)]


def test_there_is_one_head() -> None:
    """Two branches that each added a migration are joined before they are released."""
    assert len(ScriptDirectory.from_config(alembic_config("postgresql://h/d")).get_heads()) == 1


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+asyncpg"])
def test_every_usual_scheme_is_taken(scheme: str) -> None:
    """Hosts hand out different ones; ours is always the psycopg driver, and passwords keep their percent signs."""
    url = driver_url(f"{scheme}://user:p%2Fw@host:1234/mcq")
    assert url.drivername == "postgresql+psycopg" and url.password == "p/w"
