"""What a worker counts of the generations that it writes."""

from domain.statuses import Status
from tests.e2e.test_worker_metrics import TYPE, StartWorker, port, start_worker, total
from tests.support.waiting import until_now
from tests.support.world import World

__all__ = ["port", "start_worker"]


async def test_ends_and_calls_are_counted_once(world: World, start_worker: StartWorker, port: int) -> None:
    """Two generations, two calls that fail first: as many ends, calls and tokens as the database has."""
    world.demo.fault("server_error", times=2)
    start_worker()
    ids = [await world.start(4), await world.start(3)]
    for workflow_id in ids:
        await world.until_status(workflow_id, Status.COMPLETED)
    until_now(lambda: total(port, "workflow_completed_total", workflow_type=TYPE), lambda count: count == 2)
    assert total(port, "workflow_duration_seconds_count", workflow_type=TYPE, status="completed") == 2
    rows = [await world.states.load(workflow_id) for workflow_id in ids]
    took = sum((row.completed_at - row.created_at).total_seconds() for row in rows if row and row.completed_at)
    assert abs(total(port, "workflow_duration_seconds_sum") - took) < 0.001
    assert total(port, "workflow_failed_total") == total(port, "workflow_cancelled_total") == 0
    statuses = [await world.service.status(workflow_id) for workflow_id in ids]
    answered = total(port, "model_calls_total", outcome="usable") + total(port, "model_calls_total", outcome="unusable")
    assert answered == sum(status.calls for status in statuses)
    assert total(port, "model_calls_total", model="demo-model", outcome="unavailable") == 2
    assert total(port, "model_tokens_total", kind="prompt") == sum(status.prompt_tokens for status in statuses)
    landed = total(port, "mirror_lag_seconds_count", workflow_type=TYPE)
    assert landed == sum([len(await world.states.events(workflow_id)) for workflow_id in ids])
    assert total(port, "mirror_write_seconds_count", workflow_type=TYPE) >= landed
