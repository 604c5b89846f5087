"""The invariants of the runs, by their histories: each there, replayable, short, and nothing begun after a stop.

Each function returns what stands against one of them; an empty list is what is wanted.
"""

import json
from collections.abc import Iterator

from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from domain.statuses import Status
from service.deeds import CANCEL, PAUSE, RESUME
from tests.chaos.evidence import Evidence
from tests.replay.nodes import not_called
from worker import workflow_options
from workflows.question_graph import build_question_graph
from workflows.quiz_generation import check

MOST_EVENTS, MOST_BYTES = 10_240, 10_000_000


# Of the end of a run, by signals: docs/decisions/0026.
REFUSALS = 2
_MAY_REFUSE_ONCE_MORE = (
    EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED,
)


def nothing_is_begun_after_a_stop(evidence: Evidence) -> list[str]:
    """I7, by no clock: in history no step of a question is scheduled between a pause and the resume, or after a cancel.

    Temporal puts a signal that comes during a task of the workflow's after what that task decided. A run that continues
    a paused one begins paused.
    """
    offences = []
    for history in evidence.histories:
        stopped = PAUSE if begins_paused(history) else ""
        for deed, step in deeds_and_steps(history):
            if deed in (PAUSE, RESUME) and stopped != CANCEL:
                stopped = PAUSE if deed == PAUSE else ""
            elif deed == CANCEL:
                stopped = CANCEL
            elif step and stopped:
                offences.append(f"{history.workflow_id}: step {step} was scheduled after a {stopped}")
    return offences


def continues(history: WorkflowHistory) -> bool:
    """Whether the run goes on with one that handed over."""
    start = history.events[0].workflow_execution_started_event_attributes if history.events else None
    return bool(start and start.continued_execution_run_id)


def begins_paused(history: WorkflowHistory) -> bool:
    """Whether the run goes on with one that was paused, which its input tells."""
    if not continues(history):
        return False
    start = history.events[0].workflow_execution_started_event_attributes
    state = json.loads(start.input.payloads[0].data)["state"]
    return bool(state["status"] == Status.PAUSED)


def deeds_and_steps(history: WorkflowHistory) -> Iterator[tuple[str, int]]:
    """In order: the signals and cancels (with 0), and the events that schedule a question's step (with no deed)."""
    for event in history.events:
        if deed := deed_of(event):
            yield deed, 0
        elif event.activity_task_scheduled_event_attributes.activity_type.name.startswith("question."):
            yield "", event.event_id


def deed_of(event: HistoryEvent) -> str:
    """The signal, or the cancel, that somebody sent to the run; empty for every other event."""
    match event.event_type:
        case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
            return event.workflow_execution_signaled_event_attributes.signal_name
        case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED:
            return CANCEL
        case _:
            return ""


def every_history_is_there(evidence: Evidence) -> list[str]:
    """I8: each workflow that called the model, each run that mirrored something, and the run before each run is listed.

    What is not there is judged by nobody.
    """
    runs = {execution.run_id for execution in evidence.executions}
    starts = (history.events[0] for history in evidence.histories if history.events)
    before = {start.workflow_execution_started_event_attributes.continued_execution_run_id for start in starts} - {""}
    return [f"{one}: its history is not there" for one in sorted(evidence.not_listed() | (before - runs))]


async def every_history_replays(evidence: Evidence) -> list[str]:
    """I8: on the current code, under the sandbox."""
    replayer = Replayer(**workflow_options(build_question_graph(not_called, not_called, check)))
    offences = []
    for history in evidence.histories:
        result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
        if result.replay_failure is not None:
            offences.append(f"{history.workflow_id}: {result.replay_failure}")
    return offences


def histories_stay_small(evidence: Evidence) -> list[str]:
    """I10: events and bytes of each run."""
    return [
        f"{history.workflow_id}: {len(history.events)} events, {size_of(history)} bytes"
        for history in evidence.kept
        if len(history.events) > MOST_EVENTS or size_of(history) > MOST_BYTES
    ]


def size_of(history: WorkflowHistory) -> int:
    """Bytes of a history as the server counts them: its events."""
    return sum(event.ByteSize() for event in history.events)


def handed_over(history: WorkflowHistory) -> bool:
    """Whether the run goes on in another one, as long ones do."""
    last = history.events[-1].event_type if history.events else None
    return last == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW


def no_end_is_refused_again_and_again(evidence: Evidence) -> list[str]:
    """I1, where only workers die: a run that wants to end is refused that twice at most, and hands over.

    Temporal forgets that it wants to when a task of it dies with its worker, and lets cancels in all the time.
    """
    offences = []
    for history in evidence.histories:
        excused = sum(event.event_type in _MAY_REFUSE_ONCE_MORE for event in history.events)
        if (refused := refused_ends(history)) > REFUSALS + excused:
            offences.append(f"{history.workflow_id}: {refused} times a run was not allowed to end")
    return offences


def refused_ends(history: WorkflowHistory) -> int:
    """How often Temporal had a task done again that wanted to end the run while something came in."""
    unhandled = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND
    return sum(event.workflow_task_failed_event_attributes.cause == unhandled for event in history.events)
