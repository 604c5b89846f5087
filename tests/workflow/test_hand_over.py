"""What comes while a run hands over to the next one: pauses, resumes, a cancel, a mirror that cannot be written."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

from domain.statuses import Status
from service.reconciler import Reconciler
from storage.snapshots import EventType as Told
from tests.chaos.evidence import Evidence
from tests.chaos.runs import begins_paused, handed_over, nothing_is_begun_after_a_stop, refused_ends
from tests.support.demo import DemoModel
from tests.support.waiting import until
from tests.support.world import World, scheduled
from tests.workflow.history import histories_of, runs_of
from tests.workflow.ledger import paid_twice
from workflows.messages import MIRROR

QUESTIONS = 30
# Mostly the first one does; a signal must come while a run wants to end.
MOST_GENERATIONS = 6


@asynccontextmanager
async def held_at_the_hand_over(world: World) -> AsyncIterator[tuple[str, Callable[[], Awaitable[None]]]]:
    """A generation whose first run has drained and waits for a snapshot under way, and what lets that land."""
    workflow_id = await world.start(QUESTIONS, workflow_window=4, workflow_longest_run=60)
    async with world.row_held(workflow_id) as let_go, world.worker():
        await world.until_progress(workflow_id, lambda progress: progress.completed > 0 and progress.in_flight == 0)
        assert len(await runs_of(world.temporal, workflow_id)) == 1
        yield workflow_id, let_go


async def paused_at_the_hand_over(world: World) -> str:
    """A generation that is paused in between, and completed after."""
    async with held_at_the_hand_over(world) as (workflow_id, let_go):
        await world.handle(workflow_id).signal("pause")
        await world.until_progress(workflow_id, lambda progress: progress.status == Status.PAUSED)
        await let_go()
        await world.until_status(workflow_id, Status.PAUSED)
        await world.service.resume(workflow_id)
        await world.assert_complete(workflow_id, QUESTIONS)
        await world.until_closed(workflow_id)
    return workflow_id


async def test_what_a_run_had_not_told_is_told_by_the_next(world: World) -> None:
    """The pause shows before anything else happens, and nothing is written twice or lost."""
    workflow_id = await paused_at_the_hand_over(world)
    first, second = list((await histories_of(world.temporal, workflow_id)).values())[:2]
    assert handed_over(first)
    assert Status.PAUSED not in map(_told, scheduled(first.events, MIRROR))
    told_first = scheduled(second.events)[0]
    assert scheduled([told_first], MIRROR) and _told(told_first) == Status.PAUSED
    assert paid_twice(world.demo.calls(workflow_id)) == []


async def test_who_paused_in_between_is_told(world: World) -> None:
    """The signal is in the history of the run before the one that tells of it."""
    workflow_id = await paused_at_the_hand_over(world)
    await Reconciler(world.engine, world.connect, world.settings).look_once()
    events = await world.states.events(workflow_id)
    told = [(event.event_type, event.event_data["action"]) for event in events if event.event_data.get("by")]
    assert told == [(Told.STATE_CHANGE, "pause"), (Told.STATE_CHANGE, "resume")]


async def test_a_cancel_in_between_keeps_all_questions(world: World) -> None:
    """There is no next run, so this one tells the rest."""
    async with held_at_the_hand_over(world) as (workflow_id, let_go):
        made = (await world.progress(workflow_id)).completed
        await world.handle(workflow_id).cancel()
        await world.until_progress(workflow_id, lambda progress: progress.status == Status.CANCELLED)
        await let_go()
        await world.until_closed(workflow_id)
    status = await world.until_status(workflow_id, Status.CANCELLED)
    assert status.completed == made == len(await world.service.questions(workflow_id))
    assert len(await runs_of(world.temporal, workflow_id)) == 1


async def hurried_at_the_hand_over(world: World) -> WorkflowHistory:
    """A run of a generation whose teacher pauses and resumes without a break, for which it could not end at once.

    Each generation is completed, with no call paid twice.
    """
    async with world.worker():
        for _ in range(MOST_GENERATIONS):
            workflow_id = await world.start(QUESTIONS, workflow_window=4, workflow_longest_run=60)
            enough = asyncio.Event()
            hurry = asyncio.create_task(_pause_and_resume(world, workflow_id, enough))
            try:
                await world.until_completed(workflow_id, QUESTIONS - 5)
            finally:
                enough.set()
                await hurry
            await world.assert_complete(workflow_id, QUESTIONS)
            await world.until_closed(workflow_id)
            assert paid_twice(world.demo.calls(workflow_id)) == []
            histories = (await histories_of(world.temporal, workflow_id)).values()
            if refused := [history for history in histories if refused_ends(history)]:
                return max(refused, key=refused_ends)
    raise AssertionError("no signal came while a run wanted to end")


async def test_whoever_pauses_and_resumes_without_a_break_holds_nothing_up(world: World) -> None:
    """Temporal refuses to end a run while signals come; the task that is done again wants to end it too, and may.

    It went on for ever as long as that task first told the mirror of the newest signals. A second refusal is possible:
    after one of the task in which the last slot ended, the next may begin a snapshot before it hears of that.
    """
    assert refused_ends(await hurried_at_the_hand_over(world)) <= 2


async def _pause_until_the_next_run(world: World, workflow_id: str) -> None:
    async with asyncio.timeout(60):
        while len(await runs_of(world.temporal, workflow_id)) < 2:
            await world.handle(workflow_id).signal("pause")


async def paused_for_long(world: World) -> str:
    """A generation that is paused again and again while it is paused, and completed after."""
    workflow_id = await world.start(QUESTIONS, workflow_window=4, workflow_longest_run=250)
    async with world.worker():
        await world.until_completed(workflow_id, 1)
        await world.service.pause(workflow_id)
        await world.until_idle(workflow_id)
        await _pause_until_the_next_run(world, workflow_id)
        await world.service.resume(workflow_id)
        await world.assert_complete(workflow_id, QUESTIONS)
        await world.until_closed(workflow_id)
    return workflow_id


async def test_a_paused_run_hands_over_too(world: World) -> None:
    """However often somebody pauses what is paused: no history grows without end, and the next run begins paused."""
    workflow_id = await paused_for_long(world)
    histories = list((await histories_of(world.temporal, workflow_id)).values())
    assert begins_paused(histories[1])
    assert nothing_is_begun_after_a_stop(Evidence([], [], histories, [], [], [], [])) == []
    assert paid_twice(world.demo.calls(workflow_id)) == []


async def test_a_run_that_paused_itself_hands_over_too(world: World) -> None:
    """Its slots, each refused by the provider, go back into the queue."""
    workflow_id = await world.start(12, workflow_window=4, workflow_longest_run=60)
    world.demo.fault("unauthorized", match=workflow_id)
    async with world.worker():
        reason = (await world.until_status(workflow_id, Status.PAUSED)).error
        await world.until_idle(workflow_id)
        await _pause_until_the_next_run(world, workflow_id)
        told = await world.until_status(workflow_id, Status.PAUSED)
        assert reason and told.error == reason
        assert (await world.progress(workflow_id)).in_flight == 0
        world.demo.clear_faults()
        await world.service.resume(workflow_id)
        await world.assert_complete(workflow_id, 12)
    assert paid_twice(world.demo.calls(workflow_id)) == []


async def test_a_slot_that_was_to_be_revised_begins_anew_in_the_next_run(world: World, tmp_path: Path) -> None:
    """Its answer came after the pause; the next run asks for another one, under another number."""
    workflow_id = await world.start(4, workflow_window=1, workflow_longest_run=60)
    with DemoModel(tmp_path, latency="2") as slow:
        slow.fault("flawed", times=1, match=f"{workflow_id}/0/")
        await _revised_late(world, slow, workflow_id)
        asked = [call["request_id"].split("/")[1:4] for call in slow.calls(workflow_id)]
        assert asked[:2] == [["0", "draft", "0"], ["0", "draft", "1"]]
        assert paid_twice(slow.calls(workflow_id)) == []


async def _revised_late(world: World, slow: DemoModel, workflow_id: str) -> None:
    async with world.worker(openai_base_url=slow.url):
        await until(lambda: world.started_nodes(workflow_id), lambda count: count == 1)
        await world.service.pause(workflow_id)
        await world.until_idle(workflow_id)
        await _pause_until_the_next_run(world, workflow_id)
        await world.service.resume(workflow_id)
        await world.assert_complete(workflow_id, 4)


async def _pause_and_resume(world: World, workflow_id: str, enough: asyncio.Event) -> None:
    while not enough.is_set():
        await world.handle(workflow_id).signal("pause")
        await world.handle(workflow_id).signal("resume")
        await world.progress(workflow_id)  # a round through the worker


def _told(snapshot: HistoryEvent) -> str:
    payload = snapshot.activity_task_scheduled_event_attributes.input.payloads[0]
    return str(json.loads(payload.data)["status"])
