"""The world with a slow model, so that a busy machine still upgrades in the middle of a generation."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.support.demo import DemoModel
from tests.support.world import World


@pytest.fixture(scope="session")
def slow_model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoModel]:
    """A model that takes a second for each answer."""
    with DemoModel(tmp_path_factory.mktemp("slow-model"), latency="1") as demo:
        yield demo


@pytest.fixture
async def slow_world(world: World, slow_model: DemoModel) -> AsyncIterator[World]:
    """The world with that model."""
    settings = world.settings.model_copy(update={"openai_base_url": slow_model.url})
    async with World(settings, world.temporal, slow_model) as slow:
        yield slow
