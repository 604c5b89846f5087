"""What is gathered is what the workflows read, encrypted or not."""

import json

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import ActivityTaskCompletedEventAttributes, HistoryEvent
from temporalio.client import WorkflowHistory

from payloads.codec import ENCODING
from payloads.keys import Key
from tests.chaos.evidence import completed_steps, opened
from tests.unit.chaos.evidence_of import ID, STEP, history
from tests.unit.payloads.made import NEW, OLD, encrypted


def _history(argument: Payload) -> WorkflowHistory:
    """A draft that was scheduled with this argument, and completed."""
    (scheduled,) = history("question.draft").events
    scheduled.activity_task_scheduled_event_attributes.input.payloads.append(argument)
    completed = HistoryEvent(
        event_id=2,
        event_type=EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
        activity_task_completed_event_attributes=ActivityTaskCompletedEventAttributes(scheduled_event_id=1),
    )
    return WorkflowHistory(ID, [scheduled, completed])


@pytest.mark.parametrize("key", [None, OLD, NEW])
async def test_a_history_is_opened(key: Key | None) -> None:
    """Whichever of the keys closed it, its steps are told; the history as it is kept stays closed."""
    plain = Payload(data=json.dumps({"args": [{"slot": STEP[1], "attempt": STEP[3]}]}).encode())
    kept = _history(plain if key is None else await encrypted(key, payload=plain))
    assert list(completed_steps(await opened(kept, (NEW, OLD)))) == [STEP]
    argument = kept.events[0].activity_task_scheduled_event_attributes.input.payloads[0]
    assert (argument.metadata.get("encoding") == ENCODING) is (key is not None)
