"""The independent witness: what history says was completed, against the ledger of calls."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory

Step = tuple[int, str, int]  # slot, step, attempt


def completed_steps(history: WorkflowHistory) -> dict[Step, datetime]:
    """When each model-calling step completed, from history."""
    scheduled: dict[int, Step] = {}
    completed: dict[Step, datetime] = {}
    for event in history.events:
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
            attributes = event.activity_task_scheduled_event_attributes
            graph, _, node = attributes.activity_type.name.partition(".")
            if graph == "question":
                state = json.loads(attributes.input.payloads[0].data)["args"][0]
                scheduled[event.event_id] = (state["slot"], node, state["attempt"])
        elif event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
            step = scheduled.get(event.activity_task_completed_event_attributes.scheduled_event_id)
            if step is not None:
                completed[step] = event.event_time.ToDatetime(tzinfo=UTC)
    return completed


def calls_of(line: dict[str, Any]) -> Step:
    """The step that a line of the ledger is a call of."""
    _, slot, step, attempt, _ = line["request_id"].rsplit("/", 4)
    return int(slot), step, int(attempt)


def calls_after_completion(history: WorkflowHistory, ledger: Sequence[dict[str, Any]]) -> list[str]:
    """Calls of a step that came after history had it completed: each one is money paid twice."""
    completed = completed_steps(history)
    assert completed, "the history has no completed step; the check would prove nothing"
    return [
        line["request_id"]
        for line in ledger
        if (at := completed.get(calls_of(line))) and datetime.fromisoformat(line["time"]) > at
    ]


def answered_twice(ledger: Sequence[dict[str, Any]]) -> list[Step]:
    """Steps that the model answered more than once."""
    steps = [calls_of(line) for line in ledger if line["outcome"] == "answered"]
    return sorted(step for step in set(steps) if steps.count(step) > 1)
