"""The numbers of a campaign, and where it ran."""

import os
import platform
import subprocess
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory

from payloads.codec import ENCODING
from tests.chaos import calls, judge, runs
from tests.chaos.evidence import Evidence
from tests.chaos.excuses import in_flight_at, in_flight_at_kills
from tests.chaos.recovery import Recovery, percentiles
from tests.chaos.strikes import Done
from tests.chaos.teachers import Answers, Generation
from tests.security.sightings import payloads_in


def figures(
    evidence: Evidence, generations: Sequence[Generation], answers: Answers, strikes: Sequence[Done], healed: Recovery
) -> dict[str, Any]:
    """By their names, in the order in which they are told."""
    outcomes = [line.outcome for line in evidence.lines]
    twice = calls.paid_twice(evidence)
    completed = {one.workflow_id: one.questions for one in generations if one.status == "completed"}
    slots = {(row["workflow_id"], row["slot"]) for row in evidence.questions}
    struck = [done for done in strikes if done.hit]
    events = sorted(len(history.events) for history in evidence.histories)
    sizes = [runs.size_of(history) for history in evidence.kept]
    return {
        "generations": len(generations),
        "completed": len(completed),
        "cancelled on request": sum(one.status == "cancelled" for one in generations),
        "lost": sum(one.status not in ("completed", "cancelled") for one in generations),
        "questions": len(evidence.questions),
        "questions lost": sum(completed.values()) - sum(workflow_id in completed for workflow_id, _ in slots),
        "questions twice": len(evidence.questions) - len(slots),
        "kills of workers": healed.kills,
        "kills that struck a call": healed.inside,
        "faults of every kind": dict(sorted(Counter(done.strike.kind for done in struck).items())),
        "steps completed in history": len(evidence.completions),
        "calls expected": len(evidence.lines_of_steps()),
        "calls made": len(evidence.lines),
        "calls paid": sum(line.paid for line in evidence.lines),
        "calls in flight at the kill of their worker": in_flight_at_kills(evidence, strikes),
        "calls paid twice": sum(len(lines) - 1 for lines in twice),
        # Of these a second payment would be an offence.
        "calls paid that nothing struck": sum(
            line.paid and not in_flight_at(line, strikes, before=datetime.max.replace(tzinfo=UTC))
            for line in evidence.lines
        ),
        "calls cut off": outcomes.count("client_gone"),
        "calls of completed steps": len(calls.no_completed_step_is_called_again(evidence, strikes)),
        "the same, with those that a fault held up": len(calls.no_completed_step_is_called_again(evidence, [])),
        "resumed by teachers": sum(one.resumes for one in generations),
        "pauses held": sum(len(one.pauses) for one in generations),
        "cancels taken back": sum(len(one.regretted) for one in generations),
        "pauses resumed at once": sum(one.hurried for one in generations),
        "longest that a generation stood still, seconds": max(
            judge.stillness_of(evidence, generations).values(), default=0.0
        ),
        "ends of runs refused for a signal": sum(map(runs.refused_ends, evidence.histories)),
        "most tries of a workflow's own step": max(map(_most_tries, evidence.histories), default=0),
        "payloads that Temporal keeps encrypted": sum(
            payload.metadata.get("encoding") == ENCODING
            for history in evidence.sealed
            for event in history.events
            for payload in payloads_in(event)
        ),
        "runs": len(evidence.histories),
        "runs that handed over to the next": sum(map(runs.handed_over, evidence.histories)),
        "largest history": f"{events[-1] if events else 0} events, {max(sizes, default=0)} bytes",
        "taken up after a kill, seconds": percentiles(healed.taken_up),
        "answered after a kill, seconds": percentiles(healed.answered),
        "cut off by a kill and never taken up, cancelled generations included": len(healed.never),
        "answers of the API": dict(sorted(answers.by_status.items())),
    }


def _most_tries(history: WorkflowHistory) -> int:
    """Of one workflow task. History has the first try that failed, and the last one with its number."""
    return max(
        (
            event.workflow_task_scheduled_event_attributes.attempt
            for event in history.events
            if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED
        ),
        default=0,
    )


def machine() -> str:
    """Where it ran."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {system}"


def revision() -> str:
    """Of the code; `-dirty` when it was changed since."""
    describe = ["git", "describe", "--always", "--dirty", "--exclude", "*"]
    ran = subprocess.run(describe, capture_output=True, text=True, check=False)
    return ran.stdout.strip() or "unknown"
