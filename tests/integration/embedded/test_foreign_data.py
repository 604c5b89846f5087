"""Data that isn't ours, or is damaged, is told clearly and never touched."""

import os
import pwd
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from embedded.errors import StackError
from embedded.stack import Stack
from settings import Settings
from tests.integration.embedded.helpers import contents, settings_for


def _other_version(home: Path) -> None:
    (home / "postgres" / "base").mkdir(parents=True)
    (home / "postgres" / "PG_VERSION").write_text("15\n")


def _other_folder(home: Path) -> None:
    (home / "postgres").mkdir(parents=True)
    (home / "postgres" / "thesis.txt").write_text("mine")


def _file_for_a_folder(home: Path) -> None:
    home.mkdir()
    (home / "postgres").write_text("mine")


def _half_a_copy(home: Path) -> None:
    (home / "postgres").mkdir(parents=True)
    (home / "postgres" / "PG_VERSION").write_text("18\n")


def _no_password(home: Path) -> None:
    _half_a_copy(home)
    (home / "postgres" / "global").mkdir()
    (home / "postgres" / "global" / "pg_control").write_bytes(b"?")


def _garbage(home: Path) -> None:
    (home / "temporal").mkdir(parents=True)
    (home / "temporal" / "temporal.db").write_bytes(b"garbage" * 1000)


def _cut_short(home: Path) -> None:
    (home / "temporal").mkdir(parents=True)
    (home / "temporal" / "temporal.db").write_bytes(b"SQLite format 3\0" + b"\0" * 2000)


def _other_database(home: Path) -> None:
    (home / "temporal").mkdir(parents=True)
    with sqlite3.connect(home / "temporal" / "temporal.db") as database:
        database.execute("CREATE TABLE photos (name)")


def _other_files(home: Path) -> None:
    (home / "temporal").mkdir(parents=True)
    (home / "temporal" / "notes.txt").write_text("mine")


def _state_cut_short(home: Path) -> None:
    home.mkdir()
    (home / "stack.json").write_text('{"version": 1, "ports": {"postg')


def _state_of_another_shape(home: Path) -> None:
    home.mkdir()
    (home / "stack.json").write_text('{"version": 1, "ports": ["postgres"]}')


def _newer_state(home: Path) -> None:
    home.mkdir()
    (home / "stack.json").write_text('{"version": 2}')


def _file_as_home(home: Path) -> None:
    home.write_text("mine")


@pytest.mark.parametrize(
    ("make", "servers", "says"),
    [
        (_other_version, "postgres", r"postgres was made by PostgreSQL '15', and this is PostgreSQL 18"),
        (_other_folder, "postgres", r"postgres isn't a PostgreSQL data folder"),
        (_file_for_a_folder, "postgres", r"postgres is a file where PostgreSQL's data folder should be"),
        (_half_a_copy, "postgres", r"postgres is damaged \(it has no global/pg_control\)"),
        (_no_password, "postgres", r"postgres-password is gone"),
        (_garbage, "temporal", r"temporal.db is damaged or isn't one \(file is not a database\)"),
        (_cut_short, "temporal", r"temporal.db is damaged or isn't one"),
        (_other_database, "temporal", r"temporal.db is a database, but not of Temporal"),
        (_other_files, "temporal", r"temporal holds other files \(notes.txt\)"),
        (_state_cut_short, "", r"stack.json isn't a valid state file"),
        (_state_of_another_shape, "", r"stack.json isn't a valid state file"),
        (_newer_state, "", r"stack.json was written by a newer version"),
        (_file_as_home, "", r"home is a file where a folder should be"),
    ],
)
def test_is_told_and_left_alone(home: Path, make: Callable[[Path], None], servers: str, says: str) -> None:
    """One error says what is wrong, where, and what to do; every byte of the data is as before."""
    make(home)
    before = contents(home)
    settings = settings_for(home, postgres=servers == "postgres", temporal=servers == "temporal")
    with pytest.raises(StackError, match=says) as caught:
        Stack(settings).start()
    assert any(word in str(caught.value) for word in ("Move", "move", "Restore", "Put", "Use", "set MCQ_HOME"))
    after = contents(home)
    assert {name: after[name] for name in before} == before


def _closed_home(home: Path) -> None:
    home.chmod(0o755)
    os.chown(home, 0, 0)


def _closed_state(home: Path) -> None:
    (home / "stack.json").touch(mode=0o600)


def _closed_postgres(home: Path) -> None:
    (home / "postgres").mkdir(mode=0o700)


def _closed_temporal(home: Path) -> None:
    (home / "temporal").mkdir(mode=0o700)


def _closed_temporal_file(home: Path) -> None:
    (home / "temporal").mkdir()
    (home / "temporal" / "temporal.db").touch(mode=0o600)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a second user")
@pytest.mark.parametrize(
    ("close", "server", "says"),
    [
        (_closed_home, "postgres", r"Can't make the folder .*/run: Permission denied. Give it to this user"),
        (_closed_state, "postgres", r"Can't read .*/stack.json: Permission denied"),
        (
            _closed_postgres,
            "postgres",
            r"No permission to read PostgreSQL's data folder: .*/postgres. Start as the user that owns it",
        ),
        (_closed_temporal, "temporal", r"No permission to read Temporal's data: .*/temporal"),
        (
            _closed_temporal_file,
            "temporal",
            r"No permission to read Temporal's data: .*/temporal.db. Start as the user that owns it",
        ),
    ],
)
def test_no_permission(home: Path, close: Callable[[Path], None], server: str, says: str) -> None:
    """What another user made and closed is told as such."""
    nobody = pwd.getpwnam("nobody")
    home.mkdir()
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    close(home)
    assert re.search(says, _said_to(nobody.pw_uid, settings_for(home, **{server: True})))


def _said_to(uid: int, settings: Settings) -> str:
    """The error that a start by another user ends with. In a fork, as that user can't even reach a root's Python."""
    read, write = os.pipe()
    if os.fork() == 0:
        try:
            os.setuid(uid)
            Stack(settings).start()
        except StackError as error:
            os.write(write, str(error).encode())
        finally:
            os._exit(0)
    os.close(write)
    os.wait()
    with os.fdopen(read, "rb") as answer:
        return answer.read().decode()
