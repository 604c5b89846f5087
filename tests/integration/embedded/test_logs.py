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
    (folder / "one.log").write_text("before\n")
    (folder / "two.log").write_text("x" * 1001)
    with Stack(settings_for(home), extra_parts=[toy("one"), toy("two")]):
        pass
    assert (folder / "one.log").read_text().startswith("before\nGET")
    assert (folder / "two.log.1").read_text() == "x" * 1001
    assert (folder / "two.log").read_text().startswith("GET")
