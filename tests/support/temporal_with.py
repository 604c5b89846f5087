"""A Temporal server of a test's own, with dynamic configuration that the shared one must not have."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager

from embedded.part import Addresses
from embedded.stack import Stack
from settings import Settings
from temporal_client import connect
from tests.support.homes import new_home, remove_home
from tests.support.world import World


@contextmanager
def temporal_with(stack: Addresses, config: Mapping[str, int]) -> Iterator[Addresses]:
    """It, on the PostgreSQL of the shared stack."""
    home = new_home()
    settings = Settings(_env_file=None, mcq_home=home, database_url=stack.database_url)
    with Stack(settings, temporal_dynamic_config=config) as running:
        yield running.addresses
    remove_home(home)


@asynccontextmanager
async def world_on(addresses: Addresses, world: World) -> AsyncIterator[World]:
    """The world on that server."""
    settings = world.settings.model_copy(update={"temporal_address": addresses.temporal_address})
    async with World(settings, await connect(settings), world.demo) as own:
        yield own
