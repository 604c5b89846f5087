"""With keys, too, what a killed worker had goes on with another one."""

import subprocess
from pathlib import Path

from activities.hand_back import among_workers
from tests.payloads.conftest import SwitchOn
from tests.support.waiting import until
from tests.support.worker import run_worker
from tests.support.world import World
from tests.unit.payloads.made import OLD, written
from tests.workflow.ledger import paid_twice
from worker import WORKERS_FOLDER

QUESTIONS = 4


async def test_what_a_killed_worker_had_goes_on(world: World, switch_on: SwitchOn, tmp_path: Path) -> None:
    """Handed back at once and paid once; why stands in history, and only who has the key reads it."""
    await switch_on(OLD)
    world.demo.fault("stall")
    workflow_id = await world.start(QUESTIONS, workflow_window=QUESTIONS)
    worker = run_worker(world.settings, tmp_path, stderr=subprocess.DEVNULL, PAYLOAD_KEYS=written(OLD))
    try:
        await until(lambda: world.started_nodes(workflow_id), lambda count: count == QUESTIONS)
    finally:
        worker.kill()
        worker.wait()
    world.demo.clear_faults()
    folder = tmp_path / WORKERS_FOLDER
    async with among_workers(world.temporal, world.settings.task_queue, folder), world.worker():
        await world.assert_complete(workflow_id, QUESTIONS)
    assert paid_twice(world.demo.calls(workflow_id)) == []
    started = [event.activity_task_started_event_attributes for event in (await world.history(workflow_id)).events]
    failures = [attributes.last_failure for attributes in started if attributes.HasField("last_failure")]
    assert len(failures) >= QUESTIONS
    assert {failure.message for failure in failures} == {"Encoded failure"}
    assert all(failure.HasField("encoded_attributes") for failure in failures)
