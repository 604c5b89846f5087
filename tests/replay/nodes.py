"""Nodes of the question graph for a replay, which never calls an activity: its results are in the history."""

from typing import Any


async def not_called(state: Any) -> Any:
    """Stands in for `draft` and `revise`."""
    raise AssertionError(f"a replay called the model: {state}")
