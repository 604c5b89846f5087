"""Clusters of these tests' own: what they do to one, nobody else could bear."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.chaos.cluster import Cluster
from tests.support.homes import new_home, remove_home


@pytest.fixture
def make_cluster() -> Iterator[Callable[..., Cluster]]:
    """Starts a cluster in a new folder; it is gone after the test."""
    with ExitStack() as stack:

        def make(**options: Any) -> Cluster:
            home = new_home()
            stack.callback(remove_home, home)
            options.setdefault("environment", {})
            options["environment"] = {"CRASH_FOLDER": str(home / "crash-points"), **options["environment"]}
            return stack.enter_context(Cluster(home, **options))

        yield make
