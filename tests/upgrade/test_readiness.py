"""Readiness with versions: a worker that is given nothing does not make the service ready."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest

from api.pollers import given_work
from tests.support.waiting import until
from tests.support.world import World
from tests.upgrade.deployment import Deployment


async def ready_workers(world: World) -> int:
    """How many workers are given work, as the API counts them."""
    described = await world.temporal.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=world.temporal.namespace,
            task_queue=TaskQueue(name=world.settings.task_queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        )
    )
    return len(given_work(described, datetime.now(UTC) - timedelta(seconds=75)))


async def _until_ready(world: World, workers: int) -> None:
    """A new version or worker is known to Temporal's queue a moment later."""
    await until(lambda: ready_workers(world), lambda count: count == workers, 60)


async def test_only_workers_of_a_version_that_gets_work_count(world: World, tmp_path: Path) -> None:
    """None before a version is current; then its worker; with a ramp, that one's too."""
    deployment = Deployment(world, tmp_path)
    try:
        deployment.start("v1")
        assert await ready_workers(world) == 0
        deployment.make_current("v1")
        deployment.start("v2")
        await _until_ready(world, 1)
        deployment.ramp("v2", 10)
        await _until_ready(world, 2)
    finally:
        deployment.end()


async def test_workers_without_a_version_count_while_none_is_current(world: World, tmp_path: Path) -> None:
    """The default: nothing is versioned, everybody gets work."""
    deployment = Deployment(world, tmp_path)
    try:
        deployment.start_unversioned()
        await _until_ready(world, 1)
    finally:
        deployment.end()
