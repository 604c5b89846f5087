"""A long generation goes on in a new run with a short history, and nobody notices."""

from collections.abc import AsyncIterator

import pytest

from embedded.part import Addresses
from embedded.stack import Stack
from settings import Settings
from temporal_client import connect
from tests.support.homes import new_home, remove_home
from tests.support.world import World
from tests.workflow.history import runs_of
from tests.workflow.ledger import paid_twice

QUESTIONS = 60
# The server suggests it after so many events; a question takes about ten.
EVENTS = 250


@pytest.fixture(scope="module")
async def short_histories(stack: Addresses) -> AsyncIterator[Addresses]:
    """A Temporal server of its own that suggests continue-as-new early, on the session's PostgreSQL."""
    home = new_home()
    settings = Settings(_env_file=None, mcq_home=home, database_url=stack.database_url)
    with Stack(settings, temporal_dynamic_config={"limit.historyCount.suggestContinueAsNew": EVENTS}) as running:
        yield running.addresses
    remove_home(home)


@pytest.fixture
async def small_world(world: World, short_histories: Addresses) -> AsyncIterator[World]:
    """The world on that server."""
    settings = world.settings.model_copy(update={"temporal_address": short_histories.temporal_address})
    async with World(settings, await connect(settings), world.demo) as small:
        yield small


async def test_a_generation_over_several_runs_is_one_generation(small_world: World) -> None:
    """Exactly N, every answer paid once, the mirror follows to the last run and its sequence only grows."""
    world = small_world
    workflow_id = await world.start(QUESTIONS, workflow_window=8)
    async with world.worker():
        status = await world.assert_complete(workflow_id, QUESTIONS)
        assert (await world.handle(workflow_id).result())["questions"] == QUESTIONS
    runs = await runs_of(world.temporal, workflow_id)
    assert len(runs) >= 2
    row = await world.states.load(workflow_id)
    assert row is not None and row.run_id == runs[-1]
    events = await world.states.events(workflow_id)
    sequences = [event.sequence for event in events]
    assert sequences == sorted(set(sequences))
    assert list(dict.fromkeys(event.run_id for event in events)) == runs
    calls = world.demo.calls(workflow_id)
    assert paid_twice(calls) == []
    # The counts are carried over too.
    assert status.calls == len(calls)


async def test_a_pause_is_carried_into_the_next_run(small_world: World) -> None:
    """Paused while the window drains: the new run starts paused, and a resume reaches it."""
    world = small_world
    workflow_id = await world.start(QUESTIONS, workflow_window=8)
    async with world.worker():
        await world.until_completed(workflow_id, 5)
        for _ in range(4):
            await world.service.pause(workflow_id)
            await world.service.resume(workflow_id)
        await world.assert_complete(workflow_id, QUESTIONS)
    assert paid_twice(world.demo.calls(workflow_id)) == []
