"""A Temporal server of a test's own, with dynamic configuration that the shared one must not have."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from embedded.part import Addresses
from embedded.stack import Stack
from settings import Settings
from tests.support.homes import new_home, remove_home


@contextmanager
def temporal_with(stack: Addresses, config: Mapping[str, int]) -> Iterator[Addresses]:
    """It, on the PostgreSQL of the shared stack."""
    home = new_home()
    settings = Settings(_env_file=None, mcq_home=home, database_url=stack.database_url)
    with Stack(settings, temporal_dynamic_config=config) as running:
        yield running.addresses
    remove_home(home)
