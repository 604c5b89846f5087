"""A long generation goes on in a new run with a short history, and nobody notices."""

import asyncio
from pathlib import Path

from tests.chaos.evidence import Evidence
from tests.chaos.runs import begins_paused, nothing_is_begun_after_a_stop
from tests.support.demo import DemoModel
from tests.support.waiting import until
from tests.support.world import NODES, World, scheduled
from tests.workflow.history import histories_of, runs_of
from tests.workflow.ledger import paid_twice
from tests.workflow.short_histories import EVENTS, short_histories, short_world

__all__ = ["short_histories", "short_world"]  # fixtures

QUESTIONS = 60


async def test_a_generation_over_several_runs_is_one_generation(short_world: World) -> None:
    """Exactly N, every answer paid once, the mirror follows to the last run and its sequence only grows."""
    world = short_world
    workflow_id = await world.start(QUESTIONS, workflow_window=8)
    async with world.worker():
        status = await world.assert_complete(workflow_id, QUESTIONS)
        assert (await world.handle(workflow_id).result())["questions"] == QUESTIONS
        # Room for what was in flight when the suggestion came.
        assert len((await world.history(workflow_id)).events) < 2 * EVENTS
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


async def test_a_run_that_continues_a_paused_one_begins_paused(world: World, tmp_path: Path) -> None:
    """What is in flight at the pause ends, the run hands over, and the next one asks for nothing until a resume."""
    with DemoModel(tmp_path, latency="1") as slow:
        workflow_id = await world.start(20, workflow_window=1, workflow_longest_run=50)
        run = await world.history(workflow_id)
        async with world.worker(openai_base_url=slow.url):
            while not begins_paused(run):
                await until(lambda: world.started_nodes(workflow_id), lambda count: count == 1)
                await world.service.pause(workflow_id)
                await world.until_idle(workflow_id)
                await asyncio.sleep(0.5)  # for the workflow to wait, or to hand over
                run = await world.history(workflow_id)
                await world.service.resume(workflow_id)
    assert scheduled(run.events, *NODES) == []
    async with world.worker():
        await world.assert_complete(workflow_id, 20)
    histories = await histories_of(world.temporal, workflow_id)
    assert scheduled(histories[run.run_id].events, *NODES) != []
    assert nothing_is_begun_after_a_stop(Evidence([], [], [*histories.values()], [], [], [], [])) == []


async def test_its_own_options_bound_a_run(world: World) -> None:
    """However long the server would let it grow: whoever takes a run over replays it against a time-out."""
    longest, window = 100, 4
    workflow_id = await world.start(60, workflow_window=window, workflow_longest_run=longest)
    async with world.worker():
        await world.assert_complete(workflow_id, 60)
        await world.until_closed(workflow_id)
    histories = await histories_of(world.temporal, workflow_id)
    lengths = [len(history.events) for history in histories.values()]
    # Each slot in flight ends; with its task and its part of the mirror's it makes a dozen events at most.
    assert len(lengths) >= 3 and max(lengths) < longest + 12 * (window + 1)
    assert paid_twice(world.demo.calls(workflow_id)) == []
