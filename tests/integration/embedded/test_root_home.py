"""PostgreSQL never runs as root: it runs as the user, or as another one that is let through to its data alone."""

import os
import pwd
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it ships no types
import psycopg  # noqa: F401  # before a fork that could not import it
import pytest

from embedded import system_user
from embedded.stack import Stack
from tests.integration.embedded.helpers import part_pid, settings_for

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be another user")


@pytest.fixture
def closed(home: Path) -> Iterator[Path]:
    """A folder that is closed to everybody else, as root's own home is."""
    home.parent.chmod(0o700)
    with tempfile.TemporaryDirectory(dir=home.parent, ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o700)
        yield Path(folder)


def test_home_beneath_a_closed_folder(closed: Path) -> None:
    """PostgreSQL gets the right to pass through, not to list; that is reported; the rest stays closed."""
    reports: list[str] = []
    home = closed / "home"
    with Stack(settings_for(home, postgres=True), report=reports.append):
        assert psutil.Process(part_pid(home, "postgres")).uids().real != 0
        assert closed.stat().st_mode & 0o777 == 0o701
        assert home.stat().st_mode & 0o777 == 0o701
        assert (home / "postgres").stat().st_mode & 0o777 == 0o700
        assert (home / "logs").stat().st_mode & 0o777 == 0o700
        assert (home / "stack.json").stat().st_mode & 0o777 == 0o600
    assert any(f"chmod o+x {closed}" in report for report in reports)


def test_any_machine_has_a_user_for_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no user was made for PostgreSQL, `nobody` serves, and stays the owner of its data when others appear."""
    with monkeypatch.context() as patch:
        patch.setattr(system_user, "_CANDIDATES", ("nobody",))
        with Stack(settings_for(home, postgres=True)):
            nobody = psutil.Process(part_pid(home, "postgres")).uids().real
            assert nobody == pwd.getpwnam("nobody").pw_uid
    with Stack(settings_for(home, postgres=True)):
        assert psutil.Process(part_pid(home, "postgres")).uids().real == nobody


def test_ordinary_user(home: Path) -> None:
    """Who isn't root runs PostgreSQL as himself, with nothing made passable for others."""
    uid = pwd.getpwnam("nobody").pw_uid
    home.mkdir(mode=0o700)
    os.chown(home, uid, -1)
    child = os.fork()  # a program of its own could not even reach a root's Python
    if child == 0:
        status = 1
        try:
            os.setuid(uid)
            with Stack(settings_for(home, postgres=True)):
                ran_as = psutil.Process(part_pid(home, "postgres")).uids().real
                status = 0 if ran_as == uid and home.stat().st_mode & 0o777 == 0o700 else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
