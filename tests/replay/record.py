"""Records the histories that today's version lacks: `.venv/bin/python -m pytest tests/replay/record.py`.

It overwrites none; see README.md for why.
"""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHistory

from domain.statuses import Status
from storage.quizzes import NewDocument
from tests.replay.replaying import HISTORIES
from tests.replay.scrub import scrubbed
from tests.replay.versions import under_way
from tests.support.content import sample_chapter
from tests.support.world import World
from tests.workflow.history import histories_of
from tests.workflow.short_histories import short_histories, short_world
from tests.workflow.test_cancel_comes_too_late import cancel_at_the_end
from tests.workflow.test_duplicates import PARAGRAPH
from tests.workflow.test_hand_over import hurried_at_the_hand_over, paused_at_the_hand_over, paused_for_long
from tests.workflow.test_history_falls_back import told_again

__all__ = ["short_histories", "short_world"]  # fixtures


async def plain(world: World) -> str:
    """Every answer is good at once."""
    workflow_id = await world.start(8, workflow_window=3)
    async with world.worker():
        await world.assert_complete(workflow_id, 8)
        await world.handle(workflow_id).result()
    return workflow_id


async def duplicate(world: World) -> str:
    """Two documents say the same, so one of two questions is sent back."""
    documents = [NewDocument(f"{title}.md", title, PARAGRAPH.format(title=title)) for title in ("One", "Two")]
    workflow_id = await world.start(2, quiz=await world.quiz(*documents))
    async with world.worker():
        await world.assert_complete(workflow_id, 2)
        await world.handle(workflow_id).result()
    return workflow_id


async def repaired(world: World) -> str:
    """Unusable and flawed answers, a slot handed to another chunk."""
    texts = [NewDocument(f"{title}.md", title, PARAGRAPH.format(title=title)) for title in ("One", "Two")]
    quiz = await world.quiz(*texts, sample_chapter())
    workflow_id = await world.start(12, quiz=quiz, workflow_window=12)
    world.demo.fault("malformed", times=1, match=f"{workflow_id}/3/")
    world.demo.fault("flawed", times=2, match=f"{workflow_id}/4/")
    world.demo.fault("refusal", times=world.settings.workflow_max_retries, match=f"{workflow_id}/5/")
    async with world.worker():
        await world.assert_complete(workflow_id, 12)
        await world.handle(workflow_id).result()
    return workflow_id


async def paused(world: World) -> str:
    """Paused by a person while calls wait for their next try, and resumed."""
    workflow_id = await world.start(8, workflow_window=3)
    world.demo.fault("rate_limit_seconds", times=2, retry_after=1, match=workflow_id)
    async with world.worker():
        await world.until_calls(workflow_id, 3)
        await world.service.pause(workflow_id)
        await world.until_closed_nodes(workflow_id, 3)
        await world.service.resume(workflow_id)
        await world.assert_complete(workflow_id, 8)
        await world.handle(workflow_id).result()
    return workflow_id


async def provider_paused(world: World) -> str:
    """Paused by a provider that rejects the key, and resumed."""
    workflow_id = await world.start(8, workflow_window=3)
    world.demo.fault("unauthorized", match=f"{workflow_id}/[4-7]/")
    async with world.worker():
        await world.until_status(workflow_id, Status.PAUSED)
        await world.until_idle(workflow_id)
        world.demo.clear_faults()
        await world.service.resume(workflow_id)
        await world.assert_complete(workflow_id, 8)
        await world.handle(workflow_id).result()
    return workflow_id


async def cancelled(world: World) -> str:
    """Cancelled with calls in flight."""
    workflow_id = await world.start(8, workflow_window=3)
    world.demo.fault("stall", match=f"{workflow_id}/[4-7]/")
    async with world.worker():
        await world.until_completed(workflow_id, 4)
        await world.until_calls(workflow_id, 7)
        await world.service.cancel(workflow_id)
        await world.until_closed(workflow_id)
    return workflow_id


async def cancelled_too_late(world: World) -> str:
    """Cancelled when all is decided, and only the mirror has to be told."""
    workflow_id = await world.start(4, workflow_window=3)
    await cancel_at_the_end(world, workflow_id, Status.COMPLETED)
    return workflow_id


async def failed(world: World) -> str:
    """No chunk gives a question for one slot."""
    workflow_id = await world.start(8, workflow_window=3)
    world.demo.fault("malformed", match=f"{workflow_id}/2/")
    async with world.worker():
        assert (await world.until_ended(workflow_id)).status is Status.FAILED
        await world.until_closed(workflow_id)
    return workflow_id


async def resumed_after_failure(world: World) -> str:
    """The run after that: one slot is left, with fresh attempts."""
    workflow_id = await failed(world)
    world.demo.clear_faults()
    async with world.worker():
        await world.service.resume(workflow_id)
        await world.assert_complete(workflow_id, 8)
        await world.handle(workflow_id).result()
    return workflow_id


async def resumed_while_catching_up(world: World) -> str:
    """A retry found the generation paused, and the resume comes while the mirror is told of it."""
    workflow_id = await world.start(4, workflow_window=1)
    world.demo.fault("rate_limit_seconds", times=1, retry_after=2, match=workflow_id)
    async with world.worker():
        await world.until_calls(workflow_id, 1)
        await world.service.pause(workflow_id)
        await world.until_status(workflow_id, Status.PAUSED)
        async with world.row_held(workflow_id):
            await world.until_closed_nodes(workflow_id, 1)
            await world.handle(workflow_id).signal("resume")
            await world.until_progress(workflow_id, lambda progress: progress.status == Status.RUNNING)
        await world.assert_complete(workflow_id, 4)
        await world.handle(workflow_id).result()
    return workflow_id


SCENARIOS: dict[str, Callable[[World], Awaitable[str]]] = {
    "plain": plain,
    "repaired": repaired,
    "duplicate": duplicate,
    "paused": paused,
    "provider_paused": provider_paused,
    "resumed_while_catching_up": resumed_while_catching_up,
    "cancelled": cancelled,
    "cancelled_too_late": cancelled_too_late,
    "failed": failed,
    "resumed_after_failure": resumed_after_failure,
    "told_again": told_again,
}


@pytest.mark.parametrize("name", SCENARIOS)
async def test_record(world: World, name: str) -> None:
    """Run and store one scenario."""
    _skip_if_stored(name)
    _store(name, await world.history(await SCENARIOS[name](world)))


async def test_record_a_continued_generation(short_world: World) -> None:
    """Run and store the first and the second run of a generation that the server wanted to be continued as new."""
    await _record_two_runs(short_world, "continued")


async def test_record_a_generation_of_short_runs(world: World) -> None:
    """The same where its own options say how long a run may be."""
    await _record_two_runs(world, "limited", workflow_longest_run=60)


async def test_record_a_pause_at_a_hand_over(world: World) -> None:
    """What the first run had not told is told by the second."""
    _skip_if_stored("handed_over_first")
    await _store_two_runs(world, "handed_over", await paused_at_the_hand_over(world))


async def test_record_a_run_that_was_paused_for_long(world: World) -> None:
    """It hands over while it is paused, and the second run begins paused."""
    _skip_if_stored("paused_first")
    await _store_two_runs(world, "paused", await paused_for_long(world))


async def test_record_an_end_that_was_refused(world: World) -> None:
    """A signal came while the run wanted to end, and Temporal had that task done again."""
    _skip_if_stored("refused_an_end")
    _store("refused_an_end", await hurried_at_the_hand_over(world))


async def _record_two_runs(world: World, name: str, **changes: Any) -> None:
    _skip_if_stored(f"{name}_first")
    workflow_id = await world.start(24, workflow_window=4, **changes)
    async with world.worker():
        await world.assert_complete(workflow_id, 24)
        await world.handle(workflow_id).result()
    await _store_two_runs(world, name, workflow_id)


async def _store_two_runs(world: World, name: str, workflow_id: str) -> None:
    first, second = list((await histories_of(world.temporal, workflow_id)).values())[:2]
    _store(f"{name}_first", first)
    _store(f"{name}_second", second)


def _skip_if_stored(name: str) -> None:
    if _path(name).exists():
        pytest.skip("stored already")


def _store(name: str, history: WorkflowHistory) -> None:
    events = scrubbed(json.loads(history.to_json()))["events"]
    lines = ",\n".join(json.dumps(event, separators=(",", ":")) for event in events)
    _path(name).parent.mkdir(parents=True, exist_ok=True)
    _path(name).write_text(f'{{"events":[\n{lines}\n]}}\n')


def _path(name: str) -> Path:
    return HISTORIES / under_way() / f"{name}.json"
