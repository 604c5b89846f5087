"""What the model's ledger says of calls and kills. None of the systems writes it, so it says the same of all.

The ledger has a line for each call at its end: `answered`, or `client_gone` at the moment when the caller's death was
noticed. A *step* is what a call is for: a slot's draft, or its revision.

A kill *struck* a step when it cut off its call, or came before the system had kept an answer, so that the call was
made again. A step's recovery is the time from the kill to the step's next answer, the model's own time included. A step
that is struck twice before it is answered counts twice, each time from its own kill.
"""

import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

# An answer this soon after a kill is of a call that the killed process made: the model had begun to write it, which on
# a busy machine takes seconds. Nobody can be back and have one by then: imports take more than a second and the model
# thinks for at least one, so keep the latency above that.
SAME_LIFE = timedelta(seconds=2.5)
# A caller's death is noticed within this; a call that its caller dropped later was dropped for another reason.
NOTICED = timedelta(seconds=3)
# An answer this old at the kill had time to be kept.
KEPT = 0.5


@dataclass(frozen=True, order=True)
class Line:
    """A call."""

    time: datetime
    outcome: str


@dataclass
class Witness:
    """What was seen."""

    steps: int = 0
    made: int = 0
    answered: int = 0
    # Seconds that the first of two answers was old when the kill came after which the call was made again.
    paid_twice: list[float] = field(default_factory=list)
    # Kills that struck a step.
    struck: int = 0
    # Seconds from a kill to the next answer of each step that it struck.
    recoveries: list[float] = field(default_factory=list)
    # Seconds from a kill to the next answer of any step.
    back_at_work: list[float] = field(default_factory=list)

    @property
    def paid_again_though_kept(self) -> int:
        """Answers paid twice although the first had time to be kept."""
        return sum(age >= KEPT for age in self.paid_twice)


def read(ledger: Path, generations: Sequence[str]) -> dict[str, list[Line]]:
    """The lines of each step of these generations."""
    steps: dict[str, list[Line]] = defaultdict(list)
    for raw in ledger.read_text().splitlines():
        line = json.loads(raw)
        step = line["request_id"].rpartition("/")[0]
        if step.partition("/")[0] in generations:
            steps[step].append(Line(datetime.fromisoformat(line["time"]), line["outcome"]))
    return {step: sorted(lines) for step, lines in steps.items()}


def witness(steps: dict[str, list[Line]], kills: Sequence[datetime]) -> Witness:
    """Put kills and calls together."""
    seen, struck = Witness(steps=len(steps)), set[datetime]()
    for lines in steps.values():
        seen.made += len(lines)
        seen.answered += sum(line.outcome == "answered" for line in lines)
        for number, line in enumerate(lines):
            answer = next((later.time for later in lines[number + 1 :] if later.outcome == "answered"), None)
            if line.outcome == "answered" and answer is None:
                continue
            kill = _kill_of(line, kills)
            if line.outcome == "answered":
                seen.paid_twice.append((kill - line.time).total_seconds() if kill else float("inf"))
            if kill is not None:
                struck.add(kill)
                if answer is not None and answer > kill:
                    seen.recoveries.append((answer - kill).total_seconds())
    seen.struck = len(struck)
    answers = sorted(line.time for lines in steps.values() for line in lines if line.outcome == "answered")
    for kill in kills:
        place = bisect_right(answers, kill + SAME_LIFE)
        if place < len(answers):
            seen.back_at_work.append((answers[place] - kill).total_seconds())
    return seen


def _kill_of(line: Line, kills: Sequence[datetime]) -> datetime | None:
    """The kill that struck this call: the one just before its line, or for an answer the first one after it."""
    place = bisect_right(kills, line.time)
    answered = line.outcome == "answered"
    if place and line.time - kills[place - 1] < (SAME_LIFE if answered else NOTICED):
        return kills[place - 1]
    return kills[place] if answered and place < len(kills) else None
