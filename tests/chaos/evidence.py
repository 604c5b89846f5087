"""What is left after a campaign, taken from outside: the ledger, the rows, the histories of all runs."""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowExecution, WorkflowHistory

from payloads.codec import EncryptionCodec
from payloads.keys import Key
from tests.security.sightings import payloads_in
from tests.workflow.ledger import ARRIVED

# Seconds in which Temporal's list of runs has every one.
LISTED_WITHIN = 15.0
# (workflow id, slot, step, attempt): what is paid for once.
Step = tuple[str, int, str, int]


@dataclass(frozen=True, slots=True)
class CallLine:
    """A line of the ledger: a call of a `worker`, from `began` to `time`."""

    step: Step
    try_: int
    request_id: str
    began: datetime
    time: datetime
    outcome: str
    worker: str = ""

    @property
    def paid(self) -> bool:
        """Whether its answer went out whole, good or not."""
        return self.outcome in ARRIVED


@dataclass(frozen=True, slots=True)
class Completion:
    """A model-calling step that history has as completed, and the try that did it."""

    time: datetime
    try_: int


@dataclass
class Evidence:
    """All of it. The histories are those of the executions, in their order, as the workflows read them."""

    lines: list[CallLine]
    executions: list[WorkflowExecution]
    histories: list[WorkflowHistory]
    states: list[dict[str, Any]]
    questions: list[dict[str, Any]]
    events: list[dict[str, Any]]
    calls: list[dict[str, Any]]
    completions: dict[Step, Completion] = field(default_factory=dict)
    # The histories as Temporal keeps them, where they are encrypted there.
    sealed: list[WorkflowHistory] = field(default_factory=list)

    @property
    def kept(self) -> list[WorkflowHistory]:
        """The histories as Temporal keeps them, encrypted or not."""
        return self.sealed or self.histories

    def not_listed(self) -> set[str]:
        """Workflows that called the model, and runs that mirrored progress, that Temporal's list does not have."""
        listed = {one.id for one in self.executions} | {one.run_id for one in self.executions}
        called = {line.step[0] for line in self.lines}
        mirrored = {event["run_id"] for event in self.events if not event["run_id"].startswith("outside-")}
        return (called | mirrored) - listed

    def lines_of_steps(self) -> dict[Step, list[CallLine]]:
        """The lines of each step in order of time."""
        grouped: dict[Step, list[CallLine]] = defaultdict(list)
        for line in sorted(self.lines, key=lambda line: line.time):
            grouped[line.step].append(line)
        return grouped


async def gather(client: Client, database_url: str, ledger: Path, keys: Sequence[Key] = ()) -> Evidence:
    """Collect it; the servers must serve. `keys` open what Temporal keeps."""
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        evidence = Evidence(
            lines=read_ledger(ledger),
            executions=[],
            histories=[],
            states=_rows(connection, "SELECT * FROM workflow_state"),
            questions=_rows(connection, "SELECT * FROM question ORDER BY workflow_id, slot"),
            events=_rows(
                connection,
                "SELECT e.*, w.workflow_id FROM workflow_event e JOIN workflow_state w ON w.id = e.workflow_state_id "
                "ORDER BY e.id",
            ),
            calls=_rows(connection, "SELECT workflow_id, slot, step, attempt, created_at FROM model_call"),
        )
    executions = await _executions(client, evidence)
    for some in (executions[start : start + 20] for start in range(0, len(executions), 20)):
        evidence.histories += await asyncio.gather(*(_history(client, one) for one in some))
    if keys:
        evidence.sealed = evidence.histories
        evidence.histories = [await opened(history, keys) for history in evidence.sealed]
    for history in evidence.histories:
        for step, completion in completed_steps(history).items():
            known = evidence.completions.get(step)
            if known is None or completion.time < known.time:  # a reset run repeats what it kept
                evidence.completions[step] = completion
    return evidence


async def _executions(client: Client, evidence: Evidence) -> list[WorkflowExecution]:
    """All runs. The list is seconds late on a full machine."""
    deadline = time.monotonic() + LISTED_WITHIN
    while True:
        evidence.executions = [execution async for execution in client.list_workflows()]
        if not evidence.not_listed() or time.monotonic() > deadline:
            return evidence.executions
        await asyncio.sleep(0.5)


async def opened(history: WorkflowHistory, keys: Sequence[Key]) -> WorkflowHistory:
    """A copy in which everything is readable that the keys open."""
    codec, events = EncryptionCodec(keys), []
    for event in history.events:
        copy = type(event).FromString(event.SerializeToString())
        places = list(payloads_in(copy))
        for place, payload in zip(places, await codec.decode(places), strict=True):
            place.CopyFrom(payload)
        events.append(copy)
    return WorkflowHistory(history.workflow_id, events)


def read_ledger(path: Path) -> list[CallLine]:
    """The lines of the ledger; one that a dying server left half written is no line.

    Nor has one a call that was in flight when the model itself was killed, for lines are written at a call's end. That
    hides no payment: a line is on the disk before the first byte of its answer is sent.
    """
    lines = []
    for text in path.read_text().splitlines() if path.exists() else []:
        try:
            line = json.loads(text)
        except ValueError:
            continue
        workflow_id, slot, step, attempt, try_ = line["request_id"].rsplit("/", 4)
        key = (workflow_id, int(slot), step, int(attempt))
        began, time = datetime.fromisoformat(line["began"]), datetime.fromisoformat(line["time"])
        # The cluster gives each worker its own name as the client's project.
        worker = line["project"]
        lines.append(CallLine(key, int(try_), line["request_id"], began, time, line["outcome"], worker))
    return lines


def completed_steps(history: WorkflowHistory) -> dict[Step, Completion]:
    """The model-calling steps that a run's history has as completed."""
    scheduled: dict[int, Step] = {}
    tries: dict[int, int] = {}
    completed: dict[Step, Completion] = {}
    for event in history.events:
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
            attributes = event.activity_task_scheduled_event_attributes
            graph, _, node = attributes.activity_type.name.partition(".")
            if graph == "question":
                state = json.loads(attributes.input.payloads[0].data)["args"][0]
                scheduled[event.event_id] = (history.workflow_id, state["slot"], node, state["attempt"])
        elif event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED:
            started = event.activity_task_started_event_attributes
            tries[started.scheduled_event_id] = started.attempt
        elif event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
            number = event.activity_task_completed_event_attributes.scheduled_event_id
            if number in scheduled:
                time = event.event_time.ToDatetime(tzinfo=UTC)
                completed.setdefault(scheduled[number], Completion(time, tries.get(number, 1)))
    return completed


async def _history(client: Client, execution: WorkflowExecution) -> WorkflowHistory:
    return await client.get_workflow_handle(execution.id, run_id=execution.run_id).fetch_history()


def _rows(connection: psycopg.Connection[Any], sql: str) -> list[dict[str, Any]]:
    return connection.execute(sql.encode()).fetchall()
