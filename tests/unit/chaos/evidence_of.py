"""Made-up evidence: what a legal campaign leaves behind, to be changed in one place each time."""

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.common.v1 import ActivityType, Payloads
from temporalio.api.common.v1 import WorkflowExecution as Ids
from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.api.history.v1 import (
    ActivityTaskScheduledEventAttributes,
    HistoryEvent,
    WorkflowExecutionSignaledEventAttributes,
    WorkflowExecutionStartedEventAttributes,
    WorkflowTaskFailedEventAttributes,
)
from temporalio.api.workflow.v1 import WorkflowExecutionInfo
from temporalio.client import WorkflowExecution, WorkflowExecutionStatus, WorkflowHistory
from temporalio.converter import DataConverter

from domain.statuses import Status
from tests.chaos.evidence import CallLine, Evidence, Step
from tests.chaos.mirror import Convergence
from tests.chaos.plan import Plan
from tests.chaos.schedule import FREEZES, KILLS, NETWORK, OUTAGES, Strike
from tests.chaos.strikes import Done
from tests.chaos.teachers import Answers, Generation
from tests.chaos.verdict import Witnesses
from workflows.messages import MIRROR, STATUS_ATTRIBUTE
from workflows.state import GenerationState

BEGINNING = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ID, OTHER_ID = "mcq_1", "mcq_2"
STEP: Step = (ID, 0, "draft", 1)
CONTENT = "Plants make sugar from light. They do so by day."


def at(seconds: float) -> datetime:
    """A moment of the campaign."""
    return BEGINNING + timedelta(seconds=seconds)


def evidence(**parts: Any) -> Evidence:
    """Nothing but these parts."""
    names = ("lines", "executions", "histories", "states", "questions", "events", "calls")
    return Evidence(**{**{name: [] for name in names}, **parts})


def told(offences: list[str], said: str) -> bool:
    """Whether there is exactly one offence and it says so; none, where nothing is to be said."""
    return [said in one for one in offences] == ([True] if said else [])


def witnesses(**parts: Any) -> Witnesses:
    """Nothing happened, except for these parts: a campaign of one generation without faults."""
    parts = {
        "plan": Plan(1, 2, 3, kills=4, seconds=60, faults=(), capricious=False),
        "content": CONTENT,
        "evidence": evidence(),
        "generations": [],
        "answers": Answers(),
        "done": [],
        "standstills": [],
        "cancelled": set(),
        "operated": set(),
        "starts": {},
        "convergence": Convergence(1.0, [2.0], []),
        "stuck": "",
        "logs": Path("no-logs"),
        "database_url": "",
        "secrets": {},
        **parts,
    }
    return Witnesses(**parts)


def call(
    began: float,
    time: float | None = None,
    *,
    worker: str = "worker-1",
    try_: int = 1,
    outcome: str = "answered",
    step: Step = STEP,
) -> CallLine:
    """A line of the ledger; a call takes a second."""
    request_id = "/".join(map(str, (*step, try_)))
    return CallLine(step, try_, request_id, at(began), at(began + 1 if time is None else time), outcome, worker)


def generation(**changes: Any) -> Generation:
    """One that was completed in a minute."""
    fields = {
        "number": 0,
        "questions": 3,
        "quiz_id": "quiz-1",
        "workflow_id": ID,
        "accepted": at(0),
        "ended": at(60),
        "status": Status.COMPLETED,
        "listed": [0, 1, 2],
        **changes,
    }
    return Generation(**fields)


def kill(worker: str, moment: float, *, hit: bool = True) -> Done:
    """A kill that was aimed at another worker: which one it met stands beside it."""
    return Done(Strike(0, KILLS, "worker-9"), at(moment), hit, {"worker": worker})


def struck(kind: str, target: str, moment: float, seconds: float = 8, *, hit: bool = True, **details: Any) -> Done:
    """A strike of any other kind, and how many seconds it lasts, if it does; `details` are what it found."""
    lasts = kind in (FREEZES, OUTAGES, NETWORK)
    return Done(Strike(0, kind, target, {"seconds": seconds} if lasts else {}), at(moment), hit, details)


def took(done: Done, seconds: float) -> Done:
    """The same, whose commands took so long."""
    return replace(done, took=seconds)


def question(slot: int, **changes: Any) -> dict[str, Any]:
    """A row of a good question."""
    return {
        "workflow_id": ID,
        "slot": slot,
        "stem": f"What do plants make, {slot}?",
        "options": [{"text": text} for text in ("Sugar", "Salt", "Iron", "Sand")],
        "key": 0,
        "explanation": "Leaves catch the light.",
        "source": {"quote": "Plants make sugar from light."},
        "flaws": ["key-grounded"],
        **changes,
    }


def state(**changes: Any) -> dict[str, Any]:
    """A generation's row in the mirror."""
    row = {"workflow_id": ID, "quiz_id": "quiz-1", "status": "completed", "completed_steps": 3}
    return {**row, "current_node": "write_questions", **changes}


def snapshot(sequence: int, completed: int, moment: float = 0, run_id: str = "run-1", **data: Any) -> dict[str, Any]:
    """A line of the mirror's log."""
    return {
        "workflow_id": ID,
        "run_id": run_id,
        "sequence": sequence,
        "created_at": at(moment),
        "event_data": {"status": "running", "completed": completed, **data},
    }


def run(
    status: WorkflowExecutionStatus = WorkflowExecutionStatus.COMPLETED,
    *,
    workflow_id: str = ID,
    run_id: str = "run-1",
    began: float = 0,
) -> WorkflowExecution:
    """A run as Temporal lists it."""
    start = Timestamp()
    start.FromDatetime(at(began))
    info = WorkflowExecutionInfo(execution=Ids(workflow_id=workflow_id, run_id=run_id), start_time=start)
    info.status = status.value  # type: ignore[assignment]  # the client's enum has the server's numbers
    return WorkflowExecution._from_raw_info(info, "default", DataConverter.default)


def history(*words: str, workflow_id: str = ID) -> WorkflowHistory:
    """Events in order: signals `pause` and `resume`, the request `cancel`; other words are activities scheduled.

    `refused-end` and `timed-out` are tasks of the workflow that failed so. `continues-paused` and `continues-running`
    begin a run that goes on with one that was, and `ends-cancelled` ends one. `sets-STATUS` is what a run gives itself,
    `tells-STATUS` or `tells-STATUS:REASON` what it sends to the mirror, numbered as its event is, and
    `hands-over-STATUS` what it has the next run begin with.
    """
    return WorkflowHistory(workflow_id, [_event(number, word) for number, word in enumerate(words, 1)])


def _event(number: int, word: str) -> HistoryEvent:
    if word.startswith("continues-"):
        (state,) = DataConverter.default.payload_converter.to_payloads(
            [{"state": asdict(GenerationState(status=Status(word.removeprefix("continues-"))))}]
        )
        return HistoryEvent(
            event_id=number,
            event_type=EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
            workflow_execution_started_event_attributes=WorkflowExecutionStartedEventAttributes(
                continued_execution_run_id="run-1", input=Payloads(payloads=[state])
            ),
        )
    if word.startswith("sets-"):
        event = HistoryEvent(event_id=number, event_type=EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES)
        attributes = event.upsert_workflow_search_attributes_event_attributes.search_attributes
        attributes.indexed_fields[STATUS_ATTRIBUTE].data = json.dumps(word.removeprefix("sets-")).encode()
        return event
    if word.startswith("tells-"):
        status, _, reason = word.removeprefix("tells-").partition(":")
        told = json.dumps({"sequence": number, "status": status, "reason": reason or None}).encode()
        event = HistoryEvent(event_id=number, event_type=EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)
        event.activity_task_scheduled_event_attributes.activity_type.name = MIRROR
        event.activity_task_scheduled_event_attributes.input.payloads.add(data=told)
        return event
    if word.startswith("hands-over-"):
        status, _, reason = word.removeprefix("hands-over-").partition(":")
        (begins,) = DataConverter.default.payload_converter.to_payloads(
            [{"state": asdict(GenerationState(status=Status(status), reason=reason or None))}]
        )
        event = HistoryEvent(event_id=number, event_type=EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW)
        event.workflow_execution_continued_as_new_event_attributes.input.payloads.append(begins)
        return event
    if word == "ends-cancelled":
        return HistoryEvent(event_id=number, event_type=EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED)
    if word == "refused-end":
        return HistoryEvent(
            event_id=number,
            event_type=EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED,
            workflow_task_failed_event_attributes=WorkflowTaskFailedEventAttributes(
                cause=WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND
            ),
        )
    if word == "timed-out":
        return HistoryEvent(event_id=number, event_type=EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT)
    if word == "cancel":
        return HistoryEvent(event_id=number, event_type=EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED)
    if word in ("pause", "resume"):
        return HistoryEvent(
            event_id=number,
            event_type=EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
            workflow_execution_signaled_event_attributes=WorkflowExecutionSignaledEventAttributes(signal_name=word),
        )
    return HistoryEvent(
        event_id=number,
        event_type=EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
        activity_task_scheduled_event_attributes=ActivityTaskScheduledEventAttributes(
            activity_type=ActivityType(name=word)
        ),
    )
