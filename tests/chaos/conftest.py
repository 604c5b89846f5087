"""Clusters of these tests' own: what they do to one, nobody else could bear."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.chaos.cluster import Cluster, fresh_cluster


@pytest.fixture
def make_cluster() -> Iterator[Callable[..., Cluster]]:
    """Starts a cluster in a new folder; it is gone after the test."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(fresh_cluster(**options))
