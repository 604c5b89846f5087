"""The command line on a home of its own, as a user has it."""

from collections.abc import Iterator

import pytest

from tests.e2e.mcq import Mcq
from tests.support.homes import new_home, remove_home


@pytest.fixture
def mcq() -> Iterator[Mcq]:
    """`mcq` on an empty home; whatever it left running is ended after the test."""
    runner = Mcq(new_home())
    yield runner
    runner.end()
    remove_home(runner.home)
