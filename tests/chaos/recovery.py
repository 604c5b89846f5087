"""How long it took until a step whose worker was killed was taken up again, and how many kills struck a call."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.chaos.evidence import Evidence
from tests.chaos.strikes import Done

# The demo model notes within this that a client has gone; an answer that was ready just before is noted as given.
AFTER, BEFORE = timedelta(seconds=1), timedelta(seconds=0.3)


@dataclass(frozen=True)
class Recovery:
    """`seconds` of each step that a kill cut off: until the model has answered it, or the step has ended.

    The model's own time is in it, and so is every later kill that cut the step off again.
    """

    kills: int
    inside: int
    seconds: list[float]

    def percentile(self, share: float) -> float | None:
        """Of the seconds; None without any."""
        ordered = sorted(self.seconds)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else None


def recovery(evidence: Evidence, strikes: Sequence[Done]) -> Recovery:
    """From the kills of workers that found one alive."""
    kills = sorted(done.at for done in strikes if done.hit and done.strike.kind == "kills")
    inside: set[datetime] = set()
    seconds = []
    for step, lines in evidence.lines_of_steps().items():
        for number, line in enumerate(lines):
            # What was answered and had to be answered again was cut off as well.
            cut_off = line.outcome == "client_gone" or number + 1 < len(lines)
            killed = _kill_near(kills, line.time) if cut_off else None
            if killed is None:
                continue
            inside.add(killed)
            again = [
                later.time for later in lines[number + 1 :] if later.time > killed and later.outcome != "client_gone"
            ]
            completion = evidence.completions.get(step)
            ends = [*again, *([completion.time] if completion and completion.time > killed else [])]
            if ends:
                seconds.append((min(ends) - killed).total_seconds())
    return Recovery(len(kills), len(inside), seconds)


def _kill_near(kills: Sequence[datetime], moment: datetime) -> datetime | None:
    """The last kill that can have cut off what the ledger noted at this moment."""
    place = bisect_right(kills, moment + BEFORE)
    if place == 0 or moment - kills[place - 1] > AFTER:
        return None
    return kills[place - 1]
