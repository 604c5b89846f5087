"""The invariants of generations, questions, mirror, API and secrets, judged from outside.

Those of the calls are in `calls.py`, those of the runs in `runs.py`.

Each function returns what stands against one invariant; an empty list is what is wanted.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowExecutionStatus

from domain.linter.flaw import Severity
from domain.linter.grounding import GROUNDING_RULES
from domain.linter.rules import ITEM_RULES
from domain.statuses import Status
from service.deeds import CANCEL, RESUME
from service.starting import NO_ANSWER
from tests.chaos.cluster import API, POSTGRES, TEMPORAL, WORKER
from tests.chaos.evidence import CallLine, Evidence, Step
from tests.chaos.excuses import AT_ONCE, held_up, struck, temporal_was_away
from tests.chaos.runs import continues, deeds_and_steps
from tests.chaos.schedule import CRASHES, KILLS, OUTAGES
from tests.chaos.strikes import Done
from tests.chaos.teachers import WINDOWS, Answers, Generation
from tests.security.sightings import Sightings
from workflows.messages import FINISH

# A request that was held up may take effect so long after it was sent.
DELIVERED_WITHIN = timedelta(seconds=30)
# Seconds in which each open generation shows a sign of life: a call, an answer, a question in the mirror. Longer than
# every pause, outage and time-out that a campaign has, and than two of them after each other.
STILL = 120.0
# Characters from which on a text is no word that stands elsewhere by chance.
LEAST_TELLING = 12
# Rules of the linter that no question may break.
ERRORS = {rule.name for rule in ITEM_RULES if rule.severity is Severity.ERROR} | {
    rule.name for rule in GROUNDING_RULES if rule.severity is Severity.ERROR
}
# How a row's status and what Temporal says of its run go together.
AGREES = {
    Status.COMPLETED: {WorkflowExecutionStatus.COMPLETED},
    Status.CANCELLED: {WorkflowExecutionStatus.CANCELED},
    Status.FAILED: {
        WorkflowExecutionStatus.FAILED,
        WorkflowExecutionStatus.TERMINATED,
        WorkflowExecutionStatus.TIMED_OUT,
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


def none_stands_still(evidence: Evidence, generations: Sequence[Generation]) -> list[str]:
    """I1: no generation is without a sign of life for long."""
    stillness = stillness_of(evidence, generations)
    return [
        f"{workflow_id}: still for {seconds:.0f} s" for workflow_id, seconds in stillness.items() if seconds > STILL
    ]


def stillness_of(evidence: Evidence, generations: Sequence[Generation]) -> dict[str, float]:
    """The longest time in seconds that each ended generation showed no sign of life.

    That it was paused and resumed is none: who only tells of that stands still.
    """
    signs: dict[str, list[datetime]] = defaultdict(list)
    for line in evidence.lines:
        signs[line.step[0]] += [line.began, line.time]
    most: Counter[str] = Counter()
    for event in evidence.events:
        if event["event_data"]["completed"] > most[event["workflow_id"]]:
            most[event["workflow_id"]] = event["event_data"]["completed"]
            signs[event["workflow_id"]].append(event["created_at"])
    longest = {}
    for one in generations:
        if one.accepted and one.ended:
            inside = (sign for sign in signs[one.workflow_id] if one.accepted < sign < one.ended)
            moments = sorted([one.accepted, *inside, one.ended])
            longest[one.workflow_id] = max((later - sooner).total_seconds() for sooner, later in pairwise(moments))
    return longest


def nothing_stops_by_itself(
    evidence: Evidence, generations: Sequence[Generation], strikes: Sequence[Done]
) -> list[str]:
    """I1, where calls go on: no accepted generation fails, or pauses with a reason of its own. Nobody had one.

    A start that Temporal did not answer in time is a 503, and its row says failed until it is asked for again, as it is
    by who takes a cancel back. And Temporal may have stood still by itself: of strikes only its absences count here.
    """
    accepted = {one.workflow_id: one.accepted for one in generations if one.accepted}
    taken_back = {one.workflow_id for one in generations if one.regretted}

    stopped = [
        f"{event['workflow_id']}: {event['event_data']['status']}, {event['event_data']['reason']}"
        for event in evidence.events
        if "reason" in event["event_data"]
        and not (event["event_data"]["reason"] == NO_ANSWER and event["workflow_id"] in taken_back)
        and event["created_at"] >= accepted.get(event["workflow_id"], event["created_at"])
        and not temporal_was_away(strikes, event["created_at"], event["created_at"])
    ]
    wrong = {WorkflowExecutionStatus.FAILED, WorkflowExecutionStatus.TERMINATED, WorkflowExecutionStatus.TIMED_OUT}
    return stopped + [f"{run.id}: a run is {run.status}" for run in evidence.executions if run.status in wrong]


def the_api_serves(answers: Answers, strikes: Sequence[Done]) -> list[str]:
    """I6, where only workers die: less than one answer in a hundred is a 503; the mirror needs no worker.

    While Temporal stood still by itself the API was right to say so.
    """
    all_of_them = sum(answers.by_status.values())
    busy = sum(not temporal_was_away(strikes, moment, moment) for moment in answers.busy)
    return [f"{busy} of {all_of_them} answers are 503"] if busy * 100 >= max(all_of_them, 1) else []


def what_was_cut_off_goes_on(never: Sequence[Step], generations: Sequence[Generation]) -> list[str]:
    """I1, where only workers die: each step that a kill cut off is taken up, unless its generation was cancelled.

    Also when it was resumed: the next run begins each slot anew.
    """
    cancelled = {one.workflow_id for one in generations if one.cancelled or one.regretted}
    return [f"{step}: cut off, and never taken up" for step in never if step[0] not in cancelled]


def what_was_cut_off_is_answered(seconds: Sequence[float]) -> list[str]:
    """I1, where only workers die: no step waits long for its answer while its generation goes on with others.

    `seconds` from a kill to the answer.
    """
    return [f"a step that was cut off had no answer for {one:.0f} s" for one in seconds if one > STILL]


def nothing_dies_by_itself(
    starts: Mapping[str, Sequence[datetime]], strikes: Sequence[Done], absences: Sequence[Done]
) -> list[str]:
    """I1, where calls go on: no process was started more often than it was killed or stopped. `starts` by its name."""
    return [
        f"{name}: started {len(starts[name])} times, {deaths} of them for no reason"
        for name, deaths in deaths_by_themselves(starts, strikes, absences).items()
        if deaths
    ]


def deaths_by_themselves(
    starts: Mapping[str, Sequence[datetime]], strikes: Sequence[Done], absences: Sequence[Done]
) -> dict[str, int]:
    """How often each process died that nobody had killed or stopped.

    A worker that begins in one of Temporal's `absences` gives up, and its supervisor starts it again.
    """
    kills: dict[str, list[datetime]] = defaultdict(list)
    for done in strikes:
        if done.hit and done.strike.kind in (KILLS, CRASHES, OUTAGES):
            kills[done.details.get("worker", done.strike.target)].append(done.at)

    def gave_up(name: str, start: datetime, next_start: datetime) -> bool:
        was_killed = any(start <= kill <= next_start for kill in kills[name])
        return name.startswith(WORKER) and temporal_was_away(absences, start, start) and not was_killed

    return {
        name: max(len(moments) - 1 - len(kills[name]) - sum(gave_up(name, *pair) for pair in pairwise(moments)), 0)
        for name, moments in starts.items()
    }


def every_question_is_there_once(
    evidence: Evidence, generations: Sequence[Generation], content: str, operated: set[str]
) -> list[str]:
    """I2: a completed generation has exactly its questions, each slot once, each one whole and with its quote.

    The API lists the same, and none is asked in the words of another. A cancelled one has some of them, and of these
    the same holds. Of those that operators had their hands on the API listed nothing else: a reset may come later than
    the cancel, and a slot be cancelled that was to be asked for again because of another one's words.
    """
    offences = []
    of_generation: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in evidence.questions:
        of_generation[row["workflow_id"]].append(row)
        offences += [f"{row['workflow_id']}/{row['slot']}: {flaw}" for flaw in _flaws(row, content)]
    for one in generations:
        rows = of_generation[one.workflow_id]
        slots = sorted(row["slot"] for row in rows)
        is_final = one.status == Status.COMPLETED or one.workflow_id not in operated
        listed = slots if one.listed is None else one.listed
        if listed != slots if is_final else not Counter(listed) <= Counter(slots):
            offences.append(f"{one.workflow_id}: the API lists {listed} of {slots}")
        if one.ended and is_final:
            stems = Counter(" ".join(row["stem"].casefold().split()) for row in rows)
            offences += [f"{one.workflow_id}: {count} times {stem!r}" for stem, count in stems.items() if count > 1]
        if len(slots) != len(set(slots)):
            offences.append(f"{one.workflow_id}: a slot twice in {slots}")
        if one.status == Status.COMPLETED and slots != list(range(one.questions)):
            offences.append(f"{one.workflow_id}: completed with {len(slots)} of {one.questions}: {slots}")
        elif slots and not 0 <= slots[0] <= slots[-1] < one.questions:
            offences.append(f"{one.workflow_id}: slots {slots} of {one.questions}")
    return offences


def _flaws(row: dict[str, Any], content: str) -> list[str]:
    texts = [option["text"].strip() for option in row["options"]]
    checks = {
        "no stem": bool(row["stem"].strip()),
        "options that are not four different ones": len(texts) == 4 and len(set(texts)) == 4 and all(texts),
        "a key that is no option": 0 <= row["key"] < len(texts),
        "a flaw that is an error": not ERRORS & set(row["flaws"]),
        "a quote that the content does not have": bool(row["source"]["quote"]) and row["source"]["quote"] in content,
    }
    return [what for what, holds in checks.items() if not holds]


def the_mirror_tells_the_truth(evidence: Evidence, *, while_runs_close: bool = False) -> list[str]:
    """I5: each row says what Temporal says of the newest run.

    A run ends after its last snapshot has landed: `while_runs_close` the row may be ahead of it. An operator who
    terminates it in between changes nothing of what it has told.
    """
    newest = {one.id: one for one in sorted(evidence.executions, key=lambda one: one.start_time)}
    offences = []
    for row in evidence.states:
        execution = newest.get(row["workflow_id"])
        if execution is None:
            offences.append(f"{row['workflow_id']}: {row['status']}, and Temporal knows nothing of it")
        elif while_runs_close and execution.status is WorkflowExecutionStatus.RUNNING:
            continue
        elif execution.status not in AGREES[Status(row["status"])] and not _told_its_end_before(row, execution.status):
            offences.append(f"{row['workflow_id']}: {row['status']} in the mirror, {execution.status} in Temporal")
    return offences


def _told_its_end_before(row: dict[str, Any], status: WorkflowExecutionStatus | None) -> bool:
    told = row["current_node"] == FINISH and not Status(row["status"]).is_active
    return told and status is WorkflowExecutionStatus.TERMINATED


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


def nothing_accepted_is_lost(
    evidence: Evidence, generations: Sequence[Generation], answers: Answers, strikes: Sequence[Done], operated: set[str]
) -> list[str]:
    """I6: no 5xx but 503 with Retry-After, and an answer to every request; nothing that was accepted is lost.

    Each start has its row and each run too, each pause and cancel stands in history, and equal requests had one
    answer. A reset may go back to before a pause: what operators had their hands on is not judged by that.
    """
    rows = {row["workflow_id"] for row in evidence.states}
    accepted = [one.workflow_id for one in generations if one.accepted]
    known = {line.step[0] for line in evidence.lines} | {run.id for run in evidence.executions}
    twins = [f"{one.workflow_id}: also {sorted(one.twins)}" for one in generations if one.twins]
    quizzes = Counter(str(row["quiz_id"]) for row in evidence.states)

    def may_deliver_late(done: Done) -> bool:
        # A resume that was sent before the pause, and whose answer this teacher no longer waited for.
        return done.strike.target in (API, POSTGRES, TEMPORAL) or done.strike.target.startswith(f"{API} to ")

    return [
        *answers.offences,
        *(
            f"{what}: {how} from {sent} to {over}"
            for how, requests in (("no answer", answers.unanswered), ("a connection that broke", answers.broken))
            for what, sent, over in requests
            if not struck(strikes, sent, over, lambda done: done.strike.target == API)
        ),
        *(f"{workflow_id}: accepted, no row" for workflow_id in accepted if workflow_id not in rows),
        *(f"{workflow_id}: runs or was asked for, no row" for workflow_id in sorted(known - rows)),
        *twins,
        *(f"quiz {quiz}: {count} generations for one request" for quiz, count in quizzes.items() if count > 1),
        *_accepted_and_not_in_history(evidence, generations, operated),
        *(
            f"{one.workflow_id}: paused at {acknowledged}, not at {seen}, and nobody resumed"
            for one in generations
            for acknowledged, seen in one.lapsed
            if one.workflow_id not in operated
            and not struck(strikes, acknowledged - DELIVERED_WITHIN, seen, may_deliver_late)
        ),
    ]


def _accepted_and_not_in_history(
    evidence: Evidence, generations: Sequence[Generation], operated: set[str]
) -> list[str]:
    """Each pause is a signal of its own, and each resume, or it begins a run that continues no other.

    A second cancel of a run leaves no trace, nor does one of what never began. Of resumes at once of what an operator
    ended, or what failed, one begins the run.
    """
    told: dict[str, Counter[str]] = defaultdict(Counter)
    for history in evidence.histories:
        told[history.workflow_id].update(deed for deed, _ in deeds_and_steps(history) if deed)
        told[history.workflow_id][RESUME] += not continues(history)
    for counted in told.values():
        counted[RESUME] -= 1  # the start
    failed = [event for event in evidence.events if event["event_data"]["status"] == Status.FAILED]
    failures = Counter(event["workflow_id"] for event in failed)
    # What was noted from outside may be a start without an answer that had begun its run all the same.
    of_runs = Counter(event["workflow_id"] for event in failed if not event["run_id"].startswith("outside-"))

    def least(workflow_id: str, action: str, accepted: int) -> int:
        if action == CANCEL:
            return 1
        if action == RESUME:
            return max(accepted - failures[workflow_id] * (WINDOWS - 1), min(accepted, of_runs[workflow_id]))
        return accepted

    return [
        f"{one.workflow_id}: {accepted} times {action} accepted, {told[one.workflow_id][action]} in its histories"
        for one in generations
        for action, accepted in sorted(one.acted.items())
        if told[one.workflow_id][action] < least(one.workflow_id, action, accepted)
        and not (action == CANCEL and one.status == Status.CANCELLED)
        and not (action == RESUME and one.workflow_id in operated)
    ]


def a_pause_is_a_pause(evidence: Evidence, generations: Sequence[Generation], strikes: Sequence[Done]) -> list[str]:
    """I7: from the acknowledged pause to the resume no call begins; only one that was held up may come in late."""
    of_generation: dict[str, list[CallLine]] = defaultdict(list)
    for line in evidence.lines:
        of_generation[line.step[0]].append(line)
    return [
        f"{line.request_id} began at {line.began}, paused at {acknowledged}"
        for one in generations
        for acknowledged, resumed in one.pauses
        for line in of_generation[one.workflow_id]
        if acknowledged + AT_ONCE < line.began < resumed and not held_up(line, acknowledged, strikes)
    ]


def nothing_secret_is_told(evidence: Evidence, database_url: str, logs: Path, secrets: Mapping[str, str]) -> list[str]:
    """I9: no secret in any history, memo, search attribute, row or log, in any of the forms that it can take."""
    sightings = Sightings(secrets)
    for history in (*evidence.histories, *evidence.sealed):
        for event in history.events:
            sightings.look(f"history of {history.workflow_id}", event.SerializeToString())
    for execution in evidence.executions:
        sightings.look(f"memo or attributes of {execution.id}", execution.raw_info.SerializeToString())
    sightings.look_at_database(database_url)
    for log in logs.glob("*.log"):
        sightings.look(f"log {log.name}", log.read_bytes())
    return [f"{secret} in {place}" for secret, place in sorted(sightings.found)]


def nothing_is_readable(evidence: Evidence) -> list[str]:
    """I9, where payloads are encrypted: Temporal keeps no word of a question, in history, memo or attributes.

    As it is written, and as JSON escapes it.
    """
    words: dict[str, set[bytes]] = defaultdict(set)
    for row in evidence.questions:
        texts = [row["stem"], row["explanation"], row["source"]["quote"], *(one["text"] for one in row["options"])]
        telling = [text for text in texts if len(text) >= LEAST_TELLING]
        words[row["workflow_id"]] |= {
            form
            for text in telling
            for form in (text.encode(), *(json.dumps(text, ensure_ascii=one)[1:-1].encode() for one in (True, False)))
        }
    kept = [
        (history.workflow_id, f"event {event.event_id}", event.SerializeToString())
        for history in evidence.sealed
        for event in history.events
    ]
    kept += [(one.id, "memo or attributes", one.raw_info.SerializeToString()) for one in evidence.executions]
    return [
        f"{workflow_id}: {place} can be read"
        for workflow_id, place, data in kept
        if any(some in data for some in words[workflow_id])
    ]
