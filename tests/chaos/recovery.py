"""How long it took until a step whose worker was killed was taken up again, and how many kills struck a call."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.chaos.evidence import Evidence, Step
from tests.chaos.excuses import kills_of_workers
from tests.chaos.strikes import Done

# The demo model notes within this that a client has gone; an answer that was ready just before is noted as given.
AFTER, BEFORE = timedelta(seconds=1), timedelta(seconds=0.3)


@dataclass(frozen=True)
class Recovery:
    """Of each step that a kill cut off, the seconds until it was `taken_up`, and until it was `answered`.

    Taken up is called again, or ended. In the seconds to the answer are the model's own, and those of every later kill
    that cut the step off again.
    """

    kills: int
    inside: int
    taken_up: list[float]
    answered: list[float]
    # Steps that were neither, nor did their slot ask for anything else: nobody went on with them. A pause that comes
    # before the next try ends the step, and the slot begins anew after it.
    never: list[Step] = field(default_factory=list)


def percentiles(seconds: Sequence[float]) -> dict[str, float | int | None]:
    """None without any."""
    ordered = sorted(seconds)
    names = {"p50": 0.5, "p95": 0.95, "max": 1.0}
    found = {
        name: ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else None
        for name, share in names.items()
    }
    return {**found, "of": len(ordered)}


def recovery(evidence: Evidence, strikes: Sequence[Done]) -> Recovery:
    """From the kills of workers that found one alive."""
    kills = kills_of_workers(strikes)
    inside: set[datetime] = set()
    taken_up, answered = [], []
    never: set[Step] = set()
    last_of_slot: dict[tuple[str, int], datetime] = {}
    for line in evidence.lines:
        slot = line.step[:2]
        last_of_slot[slot] = max(line.began, last_of_slot.get(slot, line.began))
    for step, lines in evidence.lines_of_steps().items():
        completion = evidence.completions.get(step)
        for number, line in enumerate(lines):
            later = lines[number + 1 :]
            # What was answered and had to be answered again was cut off as well.
            cut_off = line.outcome == "client_gone" or later
            killed = _kill_near(kills.get(line.worker, []), line.time) if cut_off else None
            if killed is None:
                continue
            inside.add(killed)
            ended = [completion.time] if completion and completion.time > killed else []
            began = [one.began for one in later if one.began > killed]
            told = [one.time for one in later if one.time > killed and one.outcome != "client_gone"]
            if began or ended:
                taken_up.append((min(began + ended) - killed).total_seconds())
            if not began and completion is None and last_of_slot[step[:2]] <= killed:
                never.add(step)
            if told or ended:
                answered.append((min(told + ended) - killed).total_seconds())
    return Recovery(sum(map(len, kills.values())), len(inside), taken_up, answered, sorted(never))


def _kill_near(kills: Sequence[datetime], moment: datetime) -> datetime | None:
    """The last kill of its worker that can have cut off what the ledger noted at this moment."""
    place = bisect_right(kills, moment + BEFORE)
    if place == 0 or moment - kills[place - 1] > AFTER:
        return None
    return kills[place - 1]
