"""What a workflow's history says, in the words of the tests."""

import json
from collections.abc import Iterable
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHistory

from tests.support.world import NODES, World, scheduled

_CLOSED = {
    EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED: "activity_task_completed_event_attributes",
    EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED: "activity_task_failed_event_attributes",
    EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT: "activity_task_timed_out_event_attributes",
    EventType.EVENT_TYPE_ACTIVITY_TASK_CANCELED: "activity_task_canceled_event_attributes",
}


def most_nodes_at_once(events: Iterable[HistoryEvent]) -> int:
    """The greatest number of model calls that were scheduled and not closed at one point of history."""
    most, open_nodes = 0, set[int]()
    for event in events:
        if scheduled([event], *NODES):
            open_nodes.add(event.event_id)
            most = max(most, len(open_nodes))
        elif name := _CLOSED.get(event.event_type):
            open_nodes.discard(getattr(event, name).scheduled_event_id)
    return most


async def histories_of(client: Client, workflow_id: str) -> dict[str, WorkflowHistory]:
    """The history of each run of a workflow that was continued as new, by run id, oldest first."""
    newest_first: dict[str, WorkflowHistory] = {}
    run_id = (await client.get_workflow_handle(workflow_id).describe()).run_id
    while run_id:
        history = await client.get_workflow_handle(workflow_id, run_id=run_id).fetch_history()
        newest_first[run_id] = history
        run_id = history.events[0].workflow_execution_started_event_attributes.continued_execution_run_id
    return dict(reversed(newest_first.items()))


async def runs_of(client: Client, workflow_id: str) -> list[str]:
    """The run ids of a workflow that was continued as new, oldest first."""
    return list(await histories_of(client, workflow_id))


async def inputs_of(world: World, workflow_id: str, node: str) -> list[dict[str, Any]]:
    """What the calls of a graph's node were given, in order."""
    events = scheduled((await world.history(workflow_id)).events, node)
    inputs = [event.activity_task_scheduled_event_attributes.input.payloads[0] for event in events]
    return [json.loads(payload.data)["args"][0] for payload in inputs]
