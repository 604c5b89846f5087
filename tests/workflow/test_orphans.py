"""A run that comes back while the teacher has gone on with another generation of the quiz: an operator's reset."""

import asyncio
from typing import Any

import pytest
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from activities.mirror import ORPHANED
from domain.statuses import Status
from service.errors import TemporalUnavailable
from service.generations import GenerationService
from service.requests import GenerationRequest
from tests.support.world import World
from tests.workflow.ledger import paid_twice


async def test_a_reset_beside_another_generation_is_cancelled_and_keeps_its_questions(world: World) -> None:
    """Two may not be active: the row tells why it ended, the other one goes on, and a resume has all that was paid."""
    quiz = await world.quiz()
    workflow_id = await world.start(6, quiz=quiz, workflow_window=2)
    world.demo.fault("stall", match=f"{workflow_id}/[45]/")
    async with world.worker():
        await world.until_completed(workflow_id, 4)
        await world.service.cancel(workflow_id)
        await world.until_closed(workflow_id)
        made = await world.service.questions(workflow_id)

        other = await world.start(40, quiz=quiz, workflow_window=1)
        await world.service.pause(other)
        await world.reset(workflow_id, reason="a new prompt")
        await world.until_closed(workflow_id)

        assert (await world.handle(workflow_id).describe()).status is WorkflowExecutionStatus.CANCELED
        status = await world.service.status(workflow_id)
        assert (status.status, status.completed, status.can_resume) == (Status.CANCELLED, 4, True)
        reasons = {event.event_data.get("reason") for event in await world.states.events(workflow_id)}
        assert ORPHANED in reasons
        assert (await world.service.status(other)).status is Status.PAUSED

        world.demo.clear_faults()
        await world.service.cancel(other)
        await world.until_closed(other)
        await world.service.resume(workflow_id)
        await world.assert_complete(workflow_id, 6)
    assert paid_twice(world.demo.calls(workflow_id)) == []
    assert [one for one in made if one not in await world.service.questions(workflow_id)] == []


async def test_an_orphan_whose_cancel_could_not_be_sent_is_no_trap(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its row says cancelled, so a resume waits for its end; when the other one ends first, it just goes on."""
    quiz = await world.quiz()
    workflow_id = await world.start(2, quiz=quiz)
    async with world.worker():
        await world.assert_complete(workflow_id, 2)
        await world.until_closed(workflow_id)
    other = await world.service.generate(quiz, GenerationRequest(40))
    impatient = GenerationService(world.settings, world.states, world.quizzes, world.connect, acknowledge=0.2)
    tried, may_go_on = asyncio.Event(), asyncio.Event()
    cancel = WorkflowHandle.cancel

    async def refused_once(self: Any, **options: Any) -> None:
        if not tried.is_set():
            tried.set()
            await may_go_on.wait()
            raise RPCError("away", RPCStatusCode.UNAVAILABLE, b"")
        await cancel(self, **options)

    with monkeypatch.context() as patched:
        await world.reset(workflow_id, reason="a new prompt")
        patched.setattr(WorkflowHandle, "cancel", refused_once)
        async with world.worker(workflow_window=1):
            await asyncio.wait_for(tried.wait(), 60)
            assert (await world.service.status(workflow_id)).error == ORPHANED
            await world.handle(other).terminate(reason="for the test")
            await world.service.reconcile(other)
            with pytest.raises(TemporalUnavailable, match="still ending"):
                await impatient.resume(workflow_id)
            may_go_on.set()
            await world.until_status(workflow_id, Status.COMPLETED)
            await world.assert_complete(workflow_id, 2)


async def test_a_reset_after_the_other_one_has_ended_goes_on(world: World) -> None:
    """Nothing is in its way any more."""
    quiz = await world.quiz()
    workflow_id = await world.start(2, quiz=quiz)
    async with world.worker():
        await world.assert_complete(workflow_id, 2)
        await world.until_closed(workflow_id)
        other = await world.service.generate(quiz, GenerationRequest(1))
        await world.assert_complete(other, 1)
        run_id = await world.reset(workflow_id, reason="a new prompt")
        await world.until_run(workflow_id, run_id)
        await world.assert_complete(workflow_id, 2)
