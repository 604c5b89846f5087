"""As root, PostgreSQL runs as another user, which is let through to its data and no further."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from embedded.stack import Stack
from tests.integration.embedded.helpers import part_pid, settings_for

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another user")


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
