"""A first start that is killed half-way leaves nothing that is mistaken for data."""

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it ships no types
import psycopg

from embedded import process
from embedded.stack import Stack
from tests.integration.embedded.helpers import OtherUser, eventually, settings_for


def test_killed_initdb(home: Path, other_user: Callable[..., OtherUser]) -> None:
    """SIGKILL of initdb and its starter in the midst of it: the next start makes the data folder anew, and whole."""
    user = other_user(postgres=True, wait=False)
    draft = eventually(lambda: [*home.glob("postgres.new-*/data/base")], "initdb is at work")[0].parent.parent
    children = psutil.Process(user.process.pid).children(recursive=True)
    user.kill()
    for child in children:
        with suppress(psutil.NoSuchProcess):  # initdb has short-lived children
            child.kill()
    assert not (home / "postgres").exists()
    assert draft.exists()
    with Stack(settings_for(home, postgres=True)) as stack:
        assert not draft.exists()
        with psycopg.connect(stack.addresses.database_url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_killed_first_start_of_temporal(home: Path, other_user: Callable[..., OtherUser]) -> None:
    """A database file whose first start never succeeded was given to nobody: it is set aside and made anew."""
    user = other_user(temporal=True, wait=False)
    file = home / "temporal" / "temporal.db"
    eventually(file.exists, "the server makes its tables")
    for mark in process.find_marked(home):
        os.kill(mark.pid, signal.SIGSTOP)  # neither of them gets further
    user.kill()
    for mark in process.find_marked(home):
        os.kill(mark.pid, signal.SIGKILL)
    # Where it was stopped is up to chance; this is what the worst moment leaves.
    (home / "temporal" / "temporal.db.first-start").touch()
    file.write_bytes(file.read_bytes()[:4096])
    reports: list[str] = []
    with Stack(settings_for(home, temporal=True), report=reports.append):
        assert len([*file.parent.glob("temporal.db.unfinished-*")]) >= 1
    assert any("its first start was interrupted" in report for report in reports)
    with Stack(settings_for(home, temporal=True)):
        assert not (home / "temporal" / "temporal.db.first-start").exists()
