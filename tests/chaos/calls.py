"""The invariants of the calls: none for a completed step, none paid twice without a reason, none without end.

Each function returns what stands against one of them; an empty list is what is wanted.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from operator import itemgetter

from tests.chaos.evidence import CallLine, Completion, Evidence
from tests.chaos.excuses import AT_ONCE, held_up, in_flight_at, struck, temporal_was_away
from tests.chaos.schedule import ACTIVITY_RESET, OPERATOR
from tests.chaos.strikes import TEACHERS, Done

# Answers that a slot may ask for: each chunk of the sample gives three at most.
MOST_ANSWERS = 30
# Calls of a slot, those that were cut off or refused included; with every fault 13 were seen.
MOST_CALLS = 100


def no_completed_step_is_called_again(evidence: Evidence, strikes: Sequence[Done]) -> list[str]:
    """I3: no call begins after its step was completed in history.

    A worker that stood still between its look into the database and its call is none: its try is not later, and
    something held it up. The same request by another worker is a try of another run, which a reset ended; and where
    somebody ended a run from outside, its tries and those of the next one are not to be compared.
    """
    offences = []
    for step, lines in evidence.lines_of_steps().items():
        completion = evidence.completions.get(step)
        if completion is not None:
            offences += [line.request_id for line in _later(lines, completion, strikes)]
    return offences


def _later(lines: Sequence[CallLine], completion: Completion, strikes: Sequence[Done]) -> list[CallLine]:
    seen: set[tuple[str, str]] = set()
    of_one_run = not any(_ended_a_run(done, lines[0].step[0], completion) for done in strikes)
    later = []
    for line in sorted(lines, key=lambda line: line.began):
        again = (line.request_id, line.worker) in seen
        seen.add((line.request_id, line.worker))
        if line.began > completion.time and (
            (of_one_run and line.try_ > completion.try_) or again or not held_up(line, completion.time, strikes)
        ):
            later.append(line)
    return later


def _ended_a_run(done: Done, workflow_id: str, completion: Completion) -> bool:
    from_outside = done.strike.kind in (OPERATOR, TEACHERS) and done.strike.details.get("deed") != ACTIVITY_RESET
    of_it = done.hit and done.details.get("workflow_id") == workflow_id
    return from_outside and of_it and done.at < completion.time


def paid_twice(evidence: Evidence) -> list[list[CallLine]]:
    """The paid calls of each step that was paid more than once."""
    paid = ([line for line in lines if line.paid] for lines in evidence.lines_of_steps().values())
    return [lines for lines in paid if len(lines) > 1]


def paid_twice_only_in_flight(evidence: Evidence, strikes: Sequence[Done]) -> list[str]:
    """I4: a call is paid twice only when what carried it was struck meanwhile, and never once it was stored."""
    key = itemgetter("workflow_id", "slot", "step", "attempt")
    stored = {key(row): row["created_at"] for row in evidence.calls}
    offences = []
    for lines in paid_twice(evidence):
        for first, second in pairwise(lines):
            if not in_flight_at(first, strikes, before=second.began):
                offences.append(
                    f"{second.request_id}: nothing struck {first.worker} from {first.began} to {first.time}, paid first"
                )
            kept = stored.get(first.step)
            # A row has the time at which it was written. Who stood still then committed it later.
            writing = replace(second, worker=first.worker)
            if (
                kept is not None
                and kept < second.began - AT_ONCE
                and not any(held_up(line, kept, strikes) for line in (second, writing))
            ):
                offences.append(f"{second.request_id}: stored at {kept}, called again at {second.began}")
    return offences


def none_is_paid_twice(evidence: Evidence, by_themselves: Sequence[Done]) -> list[str]:
    """I4, where only what no call needs goes away: an answer waits in its worker until it can be stored.

    Except where Temporal was away by itself meanwhile and missed heartbeats, or a cancel was taken back.
    """

    def taken_back(first: CallLine, second: CallLine) -> bool:
        # The next run does not wait for an answer that the old worker still holds for PostgreSQL.
        return struck(by_themselves, first.began, second.began, lambda done: of_a_teacher(done, first.step[0]))

    return [
        f"{second.request_id}: paid again"
        for lines in paid_twice(evidence)
        for first, second in pairwise(lines)
        if not temporal_was_away(by_themselves, first.began, second.began) and not taken_back(first, second)
    ]


def of_a_teacher(done: Done, workflow_id: str) -> bool:
    """Whether it is a cancel of this generation that its teacher took back."""
    return done.strike.kind == TEACHERS and done.details["workflow_id"] == workflow_id


def calls_of_a_slot_are_bounded(evidence: Evidence) -> list[str]:
    """T8: no slot asks without end, however its answers are, and however often a step is struck."""
    steps: dict[tuple[str, int], set[tuple[str, int]]] = defaultdict(set)
    made = Counter(line.step[:2] for line in evidence.lines)
    for workflow_id, slot, step, attempt in {line.step for line in evidence.lines}:
        steps[workflow_id, slot].add((step, attempt))
    return [f"{slot}: {len(some)} answers asked for" for slot, some in steps.items() if len(some) > MOST_ANSWERS] + [
        f"{slot}: called {times} times" for slot, times in made.items() if times > MOST_CALLS
    ]
