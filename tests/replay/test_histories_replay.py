"""Generations in flight survive a release: every stored history replays on the current code."""

import pytest

from tests.replay.replaying import NAMES, replay


@pytest.mark.parametrize("name", NAMES)
async def test_a_stored_history_replays_on_the_current_code(name: str) -> None:
    """Same sandbox, plugin and interceptors as the worker; not one command differs from what was recorded."""
    assert await replay(name) is None
