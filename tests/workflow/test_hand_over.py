"""What comes while a run hands over to the next one: pauses, resumes, a cancel, a mirror that cannot be written."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.client import WorkflowHistory

from domain.statuses import Status
from tests.support.world import World, scheduled
from tests.workflow.history import histories_of, runs_of
from tests.workflow.ledger import paid_twice

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
    assert first.events[-1].event_type is EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW
    assert scheduled(second.events)[0].activity_task_scheduled_event_attributes.activity_type.name == "mirror_progress"
    assert paid_twice(world.demo.calls(workflow_id)) == []


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


async def test_whoever_pauses_and_resumes_without_a_break_holds_nothing_up(world: World) -> None:
    """Temporal refuses to end a run while signals come; the task that is done again ends it at once.

    It went on for ever as long as that task first told the mirror of the newest signals.
    """
    async with world.worker():
        for _ in range(MOST_GENERATIONS):
            workflow_id = await world.start(QUESTIONS, workflow_window=4, workflow_longest_run=60)
            hurry = asyncio.create_task(_pause_and_resume(world, workflow_id))
            await world.until_completed(workflow_id, QUESTIONS - 5)
            hurry.cancel()
            await asyncio.gather(hurry, return_exceptions=True)
            await world.assert_complete(workflow_id, QUESTIONS)
            await world.until_closed(workflow_id)
            assert paid_twice(world.demo.calls(workflow_id)) == []
            histories = await histories_of(world.temporal, workflow_id)
            most = max(_refused_ends(history) for history in histories.values())
            assert most <= 1
            if most:
                return
    raise AssertionError("no signal came while a run wanted to end")


async def _pause_and_resume(world: World, workflow_id: str) -> None:
    while True:
        await world.handle(workflow_id).signal("pause")
        await world.handle(workflow_id).signal("resume")
        await world.progress(workflow_id)  # a round through the worker


def _refused_ends(history: WorkflowHistory) -> int:
    unhandled = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND
    return sum(event.workflow_task_failed_event_attributes.cause == unhandled for event in history.events)
