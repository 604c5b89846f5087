"""The invariants, judged from outside: what the ledger, the histories, the rows and the API's answers say.

Each function returns what stands against one invariant; an empty list is what is wanted.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from operator import itemgetter
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowExecutionStatus, WorkflowHistory
from temporalio.worker import Replayer

from domain.statuses import Status
from tests.chaos.evidence import CallLine, Completion, Evidence
from tests.chaos.schedule import KILLS
from tests.chaos.strikes import Done
from tests.chaos.teachers import Answers, Generation
from tests.replay.nodes import not_called
from worker import workflow_options
from workflows.question_graph import build_question_graph
from workflows.quiz_generation import check

# What a call takes at most, with some room: a line of the ledger is written at a call's end.
CALL = timedelta(seconds=3)
MOST_EVENTS, MOST_BYTES = 10_240, 10_000_000
# How a row's status and what Temporal says of its run go together.
AGREES = {
    Status.COMPLETED: {WorkflowExecutionStatus.COMPLETED},
    Status.CANCELLED: {WorkflowExecutionStatus.CANCELED, WorkflowExecutionStatus.COMPLETED},
    Status.FAILED: {
        WorkflowExecutionStatus.FAILED,
        WorkflowExecutionStatus.TERMINATED,
        WorkflowExecutionStatus.TIMED_OUT,
        WorkflowExecutionStatus.COMPLETED,
    },
    Status.RUNNING: {WorkflowExecutionStatus.RUNNING},
    Status.PAUSED: {WorkflowExecutionStatus.RUNNING},
}


def every_generation_ended(generations: Sequence[Generation], cancelled: set[str]) -> list[str]:
    """I1: completed, or cancelled because somebody asked for it. What failed or paused was resumed by its teacher."""
    wanted = [one for one in generations if not (one.cancelled or one.workflow_id in cancelled)]
    return [
        f"{one.workflow_id or one.number}: {one.status or 'never started'}" for one in generations if not one.ended
    ] + [f"{one.workflow_id}: {one.status}" for one in wanted if one.ended and one.status != Status.COMPLETED]


def every_question_is_there_once(evidence: Evidence, generations: Sequence[Generation], content: str) -> list[str]:
    """I2: a completed generation has exactly its questions, each slot once, each one whole and with its quote."""
    offences = []
    of_generation: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in evidence.questions:
        of_generation[row["workflow_id"]].append(row)
        offences += [f"{row['workflow_id']}/{row['slot']}: {flaw}" for flaw in _flaws(row, content)]
    for one in generations:
        slots = sorted(row["slot"] for row in of_generation[one.workflow_id])
        if len(slots) != len(set(slots)):
            offences.append(f"{one.workflow_id}: a slot twice in {slots}")
        if one.status == Status.COMPLETED and slots != list(range(one.questions)):
            offences.append(f"{one.workflow_id}: completed with {len(slots)} of {one.questions}: {slots}")
    return offences


def _flaws(row: dict[str, Any], content: str) -> list[str]:
    texts = [option["text"].strip() for option in row["options"]]
    checks = {
        "no stem": bool(row["stem"].strip()),
        "options that are not four different ones": len(texts) == 4 and len(set(texts)) == 4 and all(texts),
        "a key that is no option": 0 <= row["key"] < len(texts),
        "a quote that the content does not have": bool(row["source"]["quote"]) and row["source"]["quote"] in content,
    }
    return [what for what, holds in checks.items() if not holds]


def no_completed_step_is_called_again(evidence: Evidence) -> list[str]:
    """I3: no call after its step was completed in history.

    A call that was under way when another try completed the step is none: its try is not later, and its id is new.
    """
    offences = []
    for step, lines in evidence.lines_of_steps().items():
        completion = evidence.completions.get(step)
        if completion is not None:
            offences += [line.request_id for line in _later(lines, completion)]
    return offences


def _later(lines: Sequence[CallLine], completion: Completion) -> list[CallLine]:
    seen: set[str] = set()
    later = []
    for line in lines:
        again = line.request_id in seen
        seen.add(line.request_id)
        if line.time > completion.time and line.outcome != "client_gone" and (line.try_ > completion.try_ or again):
            later.append(line)
    return later


def paid_twice(evidence: Evidence) -> list[list[CallLine]]:
    """The answered calls of each step that was answered more than once."""
    answered = ([line for line in lines if line.outcome == "answered"] for lines in evidence.lines_of_steps().values())
    return [lines for lines in answered if len(lines) > 1]


def paid_twice_only_in_flight(evidence: Evidence, strikes: Sequence[Done]) -> list[str]:
    """I4: a call is paid twice only when something struck while it was in flight, and never once it was stored."""
    key = itemgetter("workflow_id", "slot", "step", "attempt")
    stored = {key(row): row["created_at"] for row in evidence.calls}
    offences = []
    for lines in paid_twice(evidence):
        for first, second in pairwise(lines):
            if not _struck(strikes, first.time - CALL, first.time + CALL):
                offences.append(f"{second.request_id}: nothing struck around {first.time}, when it was paid first")
            kept = stored.get(first.step)
            # While PostgreSQL is away an answer waits to be stored: made is not stored then.
            away = _struck(strikes, first.time - CALL, second.time, "postgres")
            if kept is not None and not away and kept < second.time - 2 * CALL:
                offences.append(f"{second.request_id}: stored at {kept}, called again by {second.time}")
    return offences


def _struck(strikes: Sequence[Done], since: datetime, until: datetime, target: str = "") -> bool:
    def ends(done: Done) -> datetime:
        # A kill is over at once; what was cut off or silent needs its time-outs to notice that it is served again.
        noticed = 0 if done.strike.kind == KILLS else done.strike.details.get("seconds", 0) + 15
        return done.at + timedelta(seconds=noticed)

    hits = [done for done in strikes if done.hit and target in done.strike.target]
    return any(done.at <= until and ends(done) >= since for done in hits)


def the_mirror_tells_the_truth(evidence: Evidence) -> list[str]:
    """I5: each row says what Temporal says of the newest run."""
    newest: dict[str, Any] = {}
    for execution in evidence.executions:
        known = newest.get(execution.id)
        if known is None or execution.start_time > known.start_time:
            newest[execution.id] = execution
    offences = []
    for row in evidence.states:
        execution = newest.get(row["workflow_id"])
        if execution is None:
            offences.append(f"{row['workflow_id']}: {row['status']}, and Temporal knows nothing of it")
        elif execution.status not in AGREES[Status(row["status"])]:
            offences.append(f"{row['workflow_id']}: {row['status']} in the mirror, {execution.status} in Temporal")
    return offences


def the_mirror_counts_its_questions(evidence: Evidence) -> list[str]:
    """I5: a row's number of finished questions is the number of questions that are there."""
    there = Counter(row["workflow_id"] for row in evidence.questions)
    return [
        f"{row['workflow_id']}: {row['completed_steps']} in the mirror, {there[row['workflow_id']]} questions"
        for row in evidence.states
        if row["completed_steps"] != there[row["workflow_id"]]
    ]


def the_mirror_never_goes_back(evidence: Evidence) -> list[str]:
    """I5: within a run numbers only rise, in the order in which the log has them."""
    last: dict[tuple[str, str], tuple[int, int]] = {}
    offences = []
    for event in evidence.events:
        if event["run_id"].startswith("outside-"):
            continue
        run = (event["workflow_id"], event["run_id"])
        now = (event["sequence"], event["event_data"]["completed"])
        before = last.get(run, (-1, -1))
        if now[0] <= before[0] or now[1] < before[1]:
            offences.append(f"{run}: {before} and then {now}")
        last[run] = now
    return offences


def nothing_accepted_is_lost(evidence: Evidence, generations: Sequence[Generation], answers: Answers) -> list[str]:
    """I6: no 5xx but 503 with Retry-After; each 202 has its row, and equal requests had one answer."""
    rows = {row["workflow_id"] for row in evidence.states}
    accepted = [one.workflow_id for one in generations if one.accepted]
    lost = [f"{workflow_id}: accepted, no row" for workflow_id in accepted if workflow_id not in rows]
    twins = [f"{one.workflow_id}: also {sorted(one.twins)}" for one in generations if one.twins]
    quizzes = Counter(str(row["quiz_id"]) for row in evidence.states)
    more = [f"quiz {quiz}: {count} generations for one request" for quiz, count in quizzes.items() if count > 1]
    return [*answers.offences, *lost, *twins, *more]


def a_pause_is_a_pause(evidence: Evidence, generations: Sequence[Generation], strikes: Sequence[Done]) -> list[str]:
    """I7: from the acknowledged pause to the resume no call begins."""
    of_generation: dict[str, list[CallLine]] = defaultdict(list)
    for line in evidence.lines:
        of_generation[line.step[0]].append(line)
    offences = []
    for one in generations:
        for acknowledged, resumed in one.pauses:
            if _struck(strikes, acknowledged - 4 * CALL, resumed, "demo-model"):
                continue  # a call that was held up ends late, and nobody outside can tell when it began
            late = [
                line
                for line in of_generation[one.workflow_id]
                if acknowledged + CALL < line.time < resumed and line.outcome != "client_gone"
            ]
            offences += [f"{line.request_id} at {line.time}, paused at {acknowledged}" for line in late]
    return offences


async def every_history_replays(evidence: Evidence) -> list[str]:
    """I8: on the current code, under the sandbox."""
    replayer = Replayer(**workflow_options(build_question_graph(not_called, not_called, check)))
    offences = []
    for history in evidence.histories:
        result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
        if result.replay_failure is not None:
            offences.append(f"{history.workflow_id}: {result.replay_failure}")
    return offences


def nothing_secret_is_told(evidence: Evidence, logs: Path, secrets: Sequence[str]) -> list[str]:
    """I9: no secret in any history, row or log."""
    histories = evidence.histories
    offences = [f"history of {one.workflow_id}" for one in histories if _told(one.to_json(), secrets)]
    for name, rows in (("states", evidence.states), ("events", evidence.events), ("questions", evidence.questions)):
        offences += [f"{name}: {row.get('workflow_id')}" for row in rows if _told(str(row), secrets)]
    offences += [f"log {log.name}" for log in logs.glob("*.log") if _told(log.read_text(errors="replace"), secrets)]
    return offences


def _told(text: str, secrets: Sequence[str]) -> bool:
    return any(secret in text for secret in secrets)


def histories_stay_small(evidence: Evidence) -> list[str]:
    """I10: events and bytes of each run."""
    return [
        f"{history.workflow_id}: {len(history.events)} events, {size_of(history)} bytes"
        for history in evidence.histories
        if len(history.events) > MOST_EVENTS or size_of(history) > MOST_BYTES
    ]


def size_of(history: WorkflowHistory) -> int:
    """Bytes of a history as the server counts them: its events."""
    return sum(event.ByteSize() for event in history.events)
