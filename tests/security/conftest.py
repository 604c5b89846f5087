"""Fixtures of the tests of what must not happen."""

import secrets
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
import pytest
from psycopg import sql

from model.client import ModelClient, Reply
from payloads.keys import Key
from tests.security.canaries import key_of, new_canaries

Messages = Sequence[dict[str, str]]


@pytest.fixture
def prompts(monkeypatch: pytest.MonkeyPatch) -> list[Messages]:
    """Every prompt that this process sends to a model; the calls are real."""
    sent, ask = list[Messages](), ModelClient.ask

    async def note_and_ask(self: ModelClient, messages: Messages, **options: Any) -> Reply:
        sent.append(messages)
        return await ask(self, messages, **options)

    monkeypatch.setattr(ModelClient, "ask", note_and_ask)
    return sent


@pytest.fixture
def canaries() -> dict[str, str]:
    """A secret for every secret setting, and for passwords."""
    return new_canaries()


@pytest.fixture
def keys(canaries: dict[str, str]) -> tuple[Key, ...]:
    """The key of payloads that is a canary."""
    return (key_of(canaries),)


@pytest.fixture
def role(database_url: str, canaries: dict[str, str]) -> Iterator[str]:
    """The URL of the test's database for a role whose password is a canary."""
    name = sql.Identifier(role_name := f"canary_{secrets.token_hex(4)}")
    with psycopg.connect(database_url, autocommit=True) as connection:
        password = sql.Literal(canaries["DATABASE_URL"])
        connection.execute(sql.SQL("CREATE ROLE {} SUPERUSER LOGIN PASSWORD {}").format(name, password))
    address = database_url.rpartition("@")[2]
    yield f"postgresql://{role_name}:{canaries['DATABASE_URL']}@{address}"
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [role_name])
        connection.execute(sql.SQL("DROP ROLE {}").format(name))
