"""A Temporal server that wants short histories, for tests of continue-as-new."""

from collections.abc import AsyncIterator, Iterator

import pytest

from embedded.part import Addresses
from tests.support.temporal_with import temporal_with, world_on
from tests.support.world import World

# The server suggests continue-as-new after so many events; a question takes about eight.
EVENTS = 100


@pytest.fixture(scope="module")
def short_histories(stack: Addresses) -> Iterator[Addresses]:
    """A server of its own."""
    with temporal_with(stack, {"limit.historyCount.suggestContinueAsNew": EVENTS}) as addresses:
        yield addresses


@pytest.fixture
async def short_world(world: World, short_histories: Addresses) -> AsyncIterator[World]:
    """The world on that server."""
    async with world_on(short_histories, world) as short:
        yield short
