"""Ends that no workflow code could tell are found and told; nothing is made up."""

import asyncio

import pytest
from temporalio.client import WorkflowExecutionStatus

from domain.statuses import Status
from service.errors import ServiceError, TemporalUnavailable, UnknownGeneration
from service.requests import GenerationRequest
from storage.tables import WorkflowState
from tests.integration.service.unreachable import (
    answered_too_late,
    in_another_namespace,
    losing_temporal,
    never_connecting,
    without_temporal,
)
from tests.integration.storage.made import make_generation, query, save
from tests.support.waiting import until
from tests.support.world import World


async def _row(world: World, workflow_id: str) -> WorkflowState:
    row = await world.states.load(workflow_id)
    assert row is not None
    return row


async def _closed(world: World, workflow_id: str) -> None:
    async def status() -> WorkflowExecutionStatus | None:
        return (await world.handle(workflow_id).describe()).status

    await until(status, lambda seen: seen is not WorkflowExecutionStatus.RUNNING)


async def test_a_termination_is_told(world: World) -> None:
    """Failed, with words that say who did it and what to do; the progress as it was."""
    workflow_id = await world.start(2)
    await save(world.states, workflow_id, 1)
    await world.handle(workflow_id).terminate()
    await world.service.reconcile(workflow_id)
    row = await _row(world, workflow_id)
    assert (row.status, row.completed_steps) == (Status.FAILED, 1)
    assert "terminated by an operator; resume" in (row.error_message or "")


def _forget_the_end(database_url: str) -> None:
    """As if the last snapshot had not arrived, or an older backup of PostgreSQL had been restored."""
    query(database_url, "UPDATE workflow_state SET status = 'running', completed_at = NULL")


async def test_a_cancellation_without_a_word_is_told(world: World, database_url: str) -> None:
    """The workflow was cancelled and ended, and the mirror does not know."""
    workflow_id = await world.start(2)
    await world.handle(workflow_id).cancel()
    async with world.worker():
        await world.until_ended(workflow_id)
        await _closed(world, workflow_id)
    _forget_the_end(database_url)
    await world.service.reconcile(workflow_id)
    assert (await _row(world, workflow_id)).status == Status.CANCELLED


async def test_a_completion_without_a_word_is_told(world: World, database_url: str) -> None:
    """The same for a generation that reached its end."""
    workflow_id = await world.start(1)
    async with world.worker():
        await world.until_ended(workflow_id)
        await _closed(world, workflow_id)
    _forget_the_end(database_url)
    await world.service.reconcile(workflow_id)
    assert (await _row(world, workflow_id)).status == Status.COMPLETED


async def test_a_history_that_is_gone_is_told(world: World) -> None:
    """The row was written by a run that the server does not know: it lost its data. Nothing is started by itself."""
    workflow_id = await make_generation(world.states, await world.quiz())
    await save(world.states, workflow_id, 4)
    await world.service.reconcile(workflow_id)
    row = await _row(world, workflow_id)
    assert (row.status, row.completed_steps) == (Status.FAILED, 4)
    assert "lost this generation's history; resume" in (row.error_message or "")


async def test_an_open_workflow_is_left_alone(world: World) -> None:
    """It only waits for a worker."""
    workflow_id = await world.start(2)
    before = await _row(world, workflow_id)
    await world.service.reconcile(workflow_id)
    assert await _row(world, workflow_id) == before


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.FAILED, Status.CANCELLED])
async def test_an_ended_row_is_not_even_asked_about(world: World, status: Status) -> None:
    """What ended stays as it ended."""
    workflow_id = await make_generation(world.states, await world.quiz(), status=status)
    await never_connecting(world).reconcile(workflow_id)
    assert (await _row(world, workflow_id)).status == status


@pytest.mark.parametrize("began", [True, False])
async def test_without_temporal_nothing_changes(world: World, began: bool) -> None:
    """An outage is no failure of a generation, and no reason to start one."""
    workflow_id = await make_generation(world.states, await world.quiz())
    if began:
        await save(world.states, workflow_id, 1)
    before = await _row(world, workflow_id)
    async with asyncio.timeout(8):
        with pytest.raises(TemporalUnavailable):
            await without_temporal(world).reconcile(workflow_id)
    assert await _row(world, workflow_id) == before


@pytest.mark.parametrize("began", [True, False])
async def test_an_answer_that_comes_too_late_changes_nothing(world: World, began: bool) -> None:
    """Only the server's own word that it knows no such workflow counts, no other error of a call."""
    workflow_id = await make_generation(world.states, await world.quiz())
    if began:
        await save(world.states, workflow_id, 1)
    before = await _row(world, workflow_id)
    with pytest.raises(TemporalUnavailable):
        await answered_too_late(world).reconcile(workflow_id)
    assert await _row(world, workflow_id) == before


@pytest.mark.parametrize("began", [True, False])
async def test_a_namespace_that_is_not_there_changes_nothing(world: World, began: bool) -> None:
    """A mistyped setting must not fail every generation: "not found" was said of the namespace."""
    workflow_id = await make_generation(world.states, await world.quiz())
    if began:
        await save(world.states, workflow_id, 1)
    before = await _row(world, workflow_id)
    with pytest.raises(ServiceError):
        await in_another_namespace(world).reconcile(workflow_id)
    assert await _row(world, workflow_id) == before


async def test_an_unknown_generation_is_told(world: World) -> None:
    """The id is in the message."""
    with pytest.raises(UnknownGeneration, match="mcq_x_1"):
        await world.service.reconcile("mcq_x_1")


async def test_a_resume_that_never_arrived_is_made_up_for(world: World) -> None:
    """Temporal went away between reopening the row and starting the run: the earlier run's end is not its end."""
    workflow_id = await world.start(2)
    await save(world.states, workflow_id, 1)
    await world.handle(workflow_id).terminate()
    await world.service.reconcile(workflow_id)
    ended = (await world.handle(workflow_id).describe()).run_id
    with pytest.raises(TemporalUnavailable):
        await losing_temporal(world, after=1).resume(workflow_id)
    assert (await _row(world, workflow_id)).status == Status.FAILED
    await world.service.resume(workflow_id)
    description = await world.handle(workflow_id).describe()
    assert description.run_id != ended and description.status is WorkflowExecutionStatus.RUNNING
    assert (await _row(world, workflow_id)).status == Status.RUNNING


async def test_a_reconciled_generation_frees_its_quiz(world: World) -> None:
    """A terminated generation must not keep its quiz occupied for ever."""
    quiz = await world.quiz()
    workflow_id = await world.service.generate(quiz, GenerationRequest(2))
    await world.handle(workflow_id).terminate()
    await world.service.reconcile(workflow_id)
    assert await world.service.generate(quiz, GenerationRequest(2)) != workflow_id
