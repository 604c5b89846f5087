"""I1 and I5, by no clock: a run has in its history whatever it was asked, and does nothing that it was not.

Temporal writes a signal or a cancel into the history of the run that it comes to, whoever sent it: a teacher, an
operator, or the mirror that finds an orphan. It puts one that comes during a task of the workflow's after what that
task decided. A reset copies them with the rest and sends the later ones again. So each history can be read by itself.

Each function returns what stands against an invariant; an empty list is what is wanted.
"""

import json
from collections import deque
from dataclasses import dataclass
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent

from activities.mirror import ORPHANED
from domain.statuses import Status
from service.deeds import CANCEL, PAUSE, RESUME
from tests.chaos.evidence import Evidence
from tests.chaos.runs import begins_paused, deed_of
from workflows.messages import MIRROR, STATUS_ATTRIBUTE


@dataclass(frozen=True, slots=True)
class Telling:
    """What a run tells: to the mirror with a snapshot, or to the run that it hands over to."""

    event: int
    sequence: int
    status: Status
    reason: str | None


def nothing_is_cancelled_unasked(evidence: Evidence) -> list[str]:
    """I1: a run that ends or tells that it is cancelled was asked to before; so was one of each cancelled generation.

    An orphan's row is cancelled before its run is.
    """
    offences, asked = [], set[str]()
    for history in evidence.histories:
        was_asked = False
        for event in history.events:
            telling = telling_of(event)
            if deed_of(event) == CANCEL:
                was_asked = True
                asked.add(history.workflow_id)
            elif not was_asked and (_ends_cancelled(event) or (telling and telling.status is Status.CANCELLED)):
                offences.append(f"{history.workflow_id}: cancelled at event {event.event_id}, and nobody asked")
    asked |= {event["workflow_id"] for event in evidence.events if _is_of_an_orphan(event)}
    outside = [event for event in evidence.events if event["run_id"].startswith("outside-")]
    says = [(event["workflow_id"], event["event_data"]["status"], "its log") for event in outside]
    says += [(row["workflow_id"], row["status"], "its row") for row in evidence.states]
    return offences + [
        f"{workflow_id}: cancelled as {place} says, and no run was asked to end"
        for workflow_id, status, place in says
        if status == Status.CANCELLED and workflow_id not in asked
    ]


def nothing_pauses_unasked(evidence: Evidence) -> list[str]:
    """I1: of pause and resume a run that tells a pause without a reason heard a pause last, and no other runs on.

    It tells it to the mirror, or to the run that it hands over to. What it tells with a reason it does by itself; from
    then on it is paused like any other.
    """
    offences = []
    for history in evidence.histories:
        last = PAUSE if begins_paused(history) else RESUME
        for event in history.events:
            deed, telling = deed_of(event), telling_of(event) or _handed_over(event)
            if deed in (PAUSE, RESUME):
                last = deed
            if telling is None:
                continue
            if telling.status is Status.PAUSED:
                if last != PAUSE and not telling.reason:
                    offences.append(f"{history.workflow_id}: paused at event {telling.event}, and nobody asked")
                last = PAUSE
            elif telling.status is Status.RUNNING:
                if last == PAUSE:
                    offences.append(f"{history.workflow_id}: goes on at event {telling.event}, and nobody resumed")
                last = RESUME
    return offences


def no_status_is_set_unasked(evidence: Evidence) -> list[str]:
    """I1, where nothing stops by itself: a run pauses and goes on as often as its signals have it do, in their order.

    Also what no snapshot told, because it was over too soon: each change of the status is a search attribute. A signal
    changes nothing that is so already.
    """
    offences = []
    for history in evidence.histories:
        status = Status.PAUSED if begins_paused(history) else Status.RUNNING
        wanted = deque[Status]()
        for event in history.events:
            asked = {PAUSE: Status.PAUSED, RESUME: Status.RUNNING}.get(deed_of(event), status)
            if asked is not status:
                status = asked
                wanted.append(asked)
            now = status_set(event)
            if now in (Status.PAUSED, Status.RUNNING) and (not wanted or wanted.popleft() is not now):
                offences.append(f"{history.workflow_id}: {now} from event {event.event_id} on, and nobody asked")
                break  # what follows is no longer as its signals have it
    return offences


def the_mirror_says_what_runs_told(evidence: Evidence) -> list[str]:
    """I5: each line that a run has in the log has the status and the reason of that snapshot in its history."""
    known, told = set[str](), dict[tuple[str, int], tuple[str, str | None]]()
    for execution, history in zip(evidence.executions, evidence.histories, strict=False):
        known.add(execution.run_id)
        for telling in filter(None, map(telling_of, history.events)):
            told[execution.run_id, telling.sequence] = (str(telling.status), telling.reason)
    offences = []
    for event in evidence.events:
        key, data = (event["run_id"], event["sequence"]), event["event_data"]
        said = (data["status"], data.get("reason"))
        if event["run_id"] in known and said != told.get(key) and not _is_of_an_orphan(event):
            offences.append(f"{event['workflow_id']}: {said} in the log, {told.get(key)} in history, {key}")
    return offences


def telling_of(event: HistoryEvent) -> Telling | None:
    """The snapshot that this event sends, if it does."""
    if event.event_type != EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
        return None
    scheduled = event.activity_task_scheduled_event_attributes
    if scheduled.activity_type.name != MIRROR:
        return None
    snapshot = json.loads(scheduled.input.payloads[0].data)
    return Telling(event.event_id, snapshot["sequence"], Status(snapshot["status"]), snapshot["reason"])


def questions_of(event: HistoryEvent) -> list[tuple[int, str, int]]:
    """(slot, step, attempt) of the questions in the snapshot that this event sends."""
    snapshot = json.loads(event.activity_task_scheduled_event_attributes.input.payloads[0].data)
    return [(one["slot"], one["step"], one["attempt"]) for one in snapshot["questions"]]


def status_set(event: HistoryEvent) -> Status | None:
    """The status that the run gives itself with this event, if it does."""
    if event.event_type != EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
        return None
    fields = event.upsert_workflow_search_attributes_event_attributes.search_attributes.indexed_fields
    return Status(json.loads(fields[STATUS_ATTRIBUTE].data)) if STATUS_ATTRIBUTE in fields else None


def _handed_over(event: HistoryEvent) -> Telling | None:
    """What this event has the next run begin with, if it does."""
    if event.event_type != EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW:
        return None
    next_run = event.workflow_execution_continued_as_new_event_attributes
    state = json.loads(next_run.input.payloads[0].data)["state"]
    return Telling(event.event_id, state["sequence"], Status(state["status"]), state["reason"])


def _ends_cancelled(event: HistoryEvent) -> bool:
    return event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED


def _is_of_an_orphan(event: dict[str, Any]) -> bool:
    data = event["event_data"]
    return bool(data["status"] == Status.CANCELLED and data.get("reason") == ORPHANED)
