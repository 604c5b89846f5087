"""Temporal's database file: tells a good one from a foreign, damaged or half-made one before the server opens it."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from embedded.errors import StackError
from embedded.home import Home
from embedded.logs import Report
from embedded.state import sync_folder, write_new_file

# Tables that every Temporal database has.
_TABLES = {"namespaces", "executions", "history_node"}
_SUFFIXES = ("", "-wal", "-shm", "-journal")


def _marker(home: Home) -> str:
    return f"{home.temporal_database.name}.first-start"


def check(home: Home) -> None:
    """StackError if existing data can't be used; it is left as it is. Changes nothing and is cheap."""
    try:
        if home.temporal.exists() and not (home.temporal / _marker(home)).exists():
            _check_folder(home)
    except PermissionError as error:
        raise StackError(
            f"No permission to read Temporal's data: {error.filename}. Start as the user that owns it, or chown it."
        ) from error


def _check_folder(home: Home) -> None:
    file = home.temporal_database
    if not home.temporal.is_dir():
        raise StackError(f"{home.temporal} is a file where the folder of Temporal's data should be. Move it away.")
    if file.exists():
        _check_file(file)
        return
    foreign = sorted(path.name for path in home.temporal.iterdir() if not path.name.startswith(file.name))
    if foreign:
        names = ", ".join(foreign[:3])
        raise StackError(f"{home.temporal} holds other files ({names}) and no {file.name}. Move it away.")


def _check_file(file: Path) -> None:
    if not file.is_file():
        raise StackError(f"{file} isn't a file. Move it away.")
    file.open("rb").close()  # PermissionError, which SQLite tells less clearly
    try:
        # Read-only: nothing is recovered or written here.
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=5)) as database:
            found = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.DatabaseError as error:
        raise StackError(
            f"Temporal's database file {file} is damaged or isn't one ({error}) and was left as it is. Restore it from "
            "a backup, or move it away to start with an empty one: quizzes stay in PostgreSQL, running generations "
            "are lost."
        ) from error
    if not found >= _TABLES:
        raise StackError(
            f"{file} is a database, but not of Temporal (no table {min(_TABLES - found)}), and was left as it is. "
            "Move it away."
        )


def ensure(home: Home, report: Report) -> None:
    """Make the folder, and mark a first start as such until it succeeded. StackError with the reason.

    The server makes its tables in the file itself, step by step, and only if there is no file. Killed in between it
    would leave a file that no start completes. So the marker says that nobody was ever given this database: it is set
    aside and a new one is made.
    """
    check(home)
    try:
        home.temporal.mkdir(exist_ok=True, mode=0o700)
        marker = home.temporal / _marker(home)
        if marker.exists():
            aside = f"{home.temporal_database.name}.unfinished-{int(time.time())}"
            for suffix in _SUFFIXES:
                part = home.temporal / (home.temporal_database.name + suffix)
                if part.exists():
                    part.rename(home.temporal / (aside + suffix))
                    report(f"temporal: its first start was interrupted; {part.name} was set aside as {aside}{suffix}")
        elif not home.temporal_database.exists():
            write_new_file(marker, b"")
            sync_folder(home.temporal)
    except OSError as error:
        raise StackError(f"Can't make the folder of Temporal's data {home.temporal}: {error}.") from error


def first_start_succeeded(home: Home) -> None:
    """Remove the marker: from now on the file is data."""
    (home.temporal / _marker(home)).unlink(missing_ok=True)
