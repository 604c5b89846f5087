"""Logs of parts are kept and bounded."""

from pathlib import Path

import pytest

from embedded import logs
from embedded.stack import Stack
from tests.integration.embedded.helpers import settings_for, toy


def test_log_is_appended_and_set_aside_when_big(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part's log goes on where it ended; one that grew over the limit becomes `.log.1` when its part starts."""
    monkeypatch.setattr(logs, "MAX_SIZE", 1000)
    folder = home / "logs"
    folder.mkdir(parents=True)
    (folder / "toy.log").write_text("before\n")
    (folder / "postgres.log").write_text("x" * 1001)
    with Stack(settings_for(home, postgres=True), extra_parts=[toy()]):
        pass
    assert (folder / "toy.log").read_text().startswith("before\n")
    assert (folder / "postgres.log.1").read_text() == "x" * 1001
    assert "database system is ready" in (folder / "postgres.log").read_text()
