"""Where the tests of resets reset a run to."""

from temporalio.api.enums.v1 import EventType

from tests.support.world import World


async def reset_to(world: World, workflow_id: str, where: str, run_id: str | None = None) -> str:
    """Reset a run, the newest unless told otherwise, to its first, middle or last completed workflow task.

    Returns the new run's id.
    """
    history = await world.temporal.get_workflow_handle(workflow_id, run_id=run_id).fetch_history()
    tasks = [
        event.event_id for event in history.events if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
    ]
    finish = {"first": tasks[0], "middle": tasks[len(tasks) // 2], "last": tasks[-1]}[where]
    return await world.reset(workflow_id, run_id=run_id or "", event_id=finish, reason="a test of the operator's reset")
