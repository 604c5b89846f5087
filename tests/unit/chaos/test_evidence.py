"""What is gathered is what the workflows read, encrypted or not."""

import json

import pytest
from temporalio.api.common.v1 import ActivityType, Payload, Payloads
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import (
    ActivityTaskCompletedEventAttributes,
    ActivityTaskScheduledEventAttributes,
    HistoryEvent,
)
from temporalio.client import WorkflowHistory

from payloads.codec import ENCODING
from payloads.keys import Key
from tests.chaos.evidence import completed_steps, opened
from tests.unit.chaos.evidence_of import ID, STEP
from tests.unit.payloads.made import NEW, OLD, encrypted


def _history(argument: Payload) -> WorkflowHistory:
    """A draft that was scheduled with this argument, and completed."""
    scheduled = ActivityTaskScheduledEventAttributes(
        activity_type=ActivityType(name="question.draft"), input=Payloads(payloads=[argument])
    )
    completed = ActivityTaskCompletedEventAttributes(scheduled_event_id=1)
    events = [
        HistoryEvent(
            event_id=1,
            event_type=EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
            activity_task_scheduled_event_attributes=scheduled,
        ),
        HistoryEvent(
            event_id=2,
            event_type=EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
            activity_task_completed_event_attributes=completed,
        ),
    ]
    return WorkflowHistory(ID, events)


@pytest.mark.parametrize("key", [None, OLD, NEW])
async def test_a_history_is_opened(key: Key | None) -> None:
    """Whichever of the keys closed it, its steps are told; the history as it is kept stays closed."""
    plain = Payload(data=json.dumps({"args": [{"slot": STEP[1], "attempt": STEP[3]}]}).encode())
    kept = _history(plain if key is None else await encrypted(key, payload=plain))
    assert list(completed_steps(await opened(kept, (NEW, OLD)))) == [STEP]
    argument = kept.events[0].activity_task_scheduled_event_attributes.input.payloads[0]
    assert (argument.metadata.get("encoding") == ENCODING) is (key is not None)
