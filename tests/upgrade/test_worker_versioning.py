"""Versions of a worker deployment: who runs a generation, before and after the operator's commands.

Which version ran what is read from history. See docs/upgrades.md and decision 0020.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import VersioningBehavior

from tests.e2e.witness import answered_twice, calls_after_completion
from tests.support.waiting import until
from tests.support.world import World
from tests.upgrade.deployment import Deployment, behaviors_of, versions_of

AUTO_UPGRADE = VersioningBehavior.VERSIONING_BEHAVIOR_AUTO_UPGRADE
UNVERSIONED = ""
QUESTIONS, WINDOW = 14, 3


@pytest.fixture
def deployment(slow_world: World, tmp_path: Path) -> Iterator[Deployment]:
    """This test's own deployment; its workers are ended."""
    deployment = Deployment(slow_world, tmp_path)
    yield deployment
    deployment.end()


@asynccontextmanager
async def in_the_middle(world: World) -> AsyncIterator[str]:
    """A generation that has questions and does not end before the block does: calls of late slots are put off."""
    workflow_id = await world.start(QUESTIONS, workflow_window=WINDOW)
    world.demo.fault("rate_limit_seconds", retry_after=1, match=rf"{workflow_id}/1\d/")
    await until(lambda: world.service.questions(workflow_id), lambda made: len(made) >= 1, 60)
    yield workflow_id
    world.demo.clear_faults()


async def until_run_by(world: World, workflow_id: str, *turns: str) -> None:
    """Wait until these versions have run the workflow, in this order."""

    async def look() -> list[str]:
        return versions_of(await world.history(workflow_id))

    await until(look, lambda seen: seen == list(turns), 60)


async def assert_nothing_lost(world: World, workflow_id: str) -> None:
    """All questions, every answer paid once, no failed task of the workflow."""
    await world.assert_complete(workflow_id, QUESTIONS)
    await world.until_closed(workflow_id)
    ledger, history = world.demo.calls(workflow_id), await world.history(workflow_id)
    assert (calls_after_completion(history, ledger), answered_twice(ledger)) == ([], [])
    assert (await world.events(workflow_id))["WORKFLOW_TASK_FAILED"] == 0


async def test_a_running_generation_moves_to_the_current_version(slow_world: World, deployment: Deployment) -> None:
    """Begun on v1, it goes on and ends on v2 once that is current, as does a new one; v1 can be stopped at once."""
    deployment.start("v1")
    deployment.make_current("v1")
    deployment.start("v2")
    async with in_the_middle(slow_world) as workflow_id:
        await until_run_by(slow_world, workflow_id, "v1")  # a version that is not current gets nothing
        deployment.make_current("v2")
        deployment.stop("v1")
        newer = await slow_world.start(QUESTIONS, workflow_window=WINDOW)
    await assert_nothing_lost(slow_world, workflow_id)
    await assert_nothing_lost(slow_world, newer)
    history = await slow_world.history(workflow_id)
    assert (versions_of(history), behaviors_of(history)) == (["v1", "v2"], {AUTO_UPGRADE})
    assert versions_of(await slow_world.history(newer)) == ["v2"]


async def test_a_ramp_and_a_rollback_take_running_generations_along(slow_world: World, deployment: Deployment) -> None:
    """A ramp of all to v2, its end, v2 as the current version, v1 again: it moves each time, losing nothing."""
    deployment.start("v1")
    deployment.make_current("v1")
    deployment.start("v2")
    async with in_the_middle(slow_world) as workflow_id:
        deployment.ramp("v2", 100)
        await until_run_by(slow_world, workflow_id, "v1", "v2")
        deployment.end_ramp("v2")
        await until_run_by(slow_world, workflow_id, "v1", "v2", "v1")
        deployment.make_current("v2")
        await until_run_by(slow_world, workflow_id, "v1", "v2", "v1", "v2")
        deployment.make_current("v1")
    await assert_nothing_lost(slow_world, workflow_id)
    assert versions_of(await slow_world.history(workflow_id))[-1] == "v1"


async def test_without_a_current_version_nothing_is_taken_up(slow_world: World, deployment: Deployment) -> None:
    """A worker of a version that nobody made current waits; the generation goes on when somebody does."""
    deployment.start("v1")
    workflow_id = await slow_world.start(QUESTIONS, workflow_window=WINDOW)
    with pytest.raises(AssertionError, match="not reached"):
        await until(lambda: slow_world.history(workflow_id), lambda history: len(history.events) > 2, 3)
    deployment.make_current("v1")
    await assert_nothing_lost(slow_world, workflow_id)


async def test_versioning_can_be_switched_on_and_off_on_the_way(slow_world: World, deployment: Deployment) -> None:
    """Begun by a worker without a version, it goes on under v1, and without one again."""
    deployment.start_unversioned()
    deployment.start("v1")
    async with in_the_middle(slow_world) as workflow_id:
        await until_run_by(slow_world, workflow_id, UNVERSIONED)
        deployment.make_current("v1")
        await until_run_by(slow_world, workflow_id, UNVERSIONED, "v1")
        deployment.make_current(UNVERSIONED)
    await assert_nothing_lost(slow_world, workflow_id)
    assert versions_of(await slow_world.history(workflow_id)) == [UNVERSIONED, "v1", UNVERSIONED]
