"""Which fault strikes when: a pure function of the seed, so that a campaign can be had again."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from demo_model.faults import Fault
from tests.chaos.cluster import API, DEMO_MODEL, PAIRS, POSTGRES, TEMPORAL, WORKER
from tests.support.proxy import Way

# Kinds that `--faults` knows.
KILLS, FREEZES, OUTAGES, NETWORK, MODEL, OPERATOR, CRASHES = (
    "kills",
    "freezes",
    "outages",
    "network",
    "model",
    "operator",
    "crashes",
)
ALL = (KILLS, FREEZES, OUTAGES, NETWORK, MODEL, OPERATOR, CRASHES)

# Seconds that there are at least between two kills of workers: sooner, the next one has hardly begun.
LEAST_BETWEEN_KILLS = 0.5
# Seconds between faults of every other kind.
BETWEEN_OTHERS = {
    FREEZES: (12.0, 30.0),
    OUTAGES: (5.0, 40.0),
    NETWORK: (8.0, 25.0),
    MODEL: (4.0, 12.0),
    OPERATOR: (3.0, 10.0),
    CRASHES: (2.0, 6.0),
}
# What an outage can strike; PostgreSQL and Temporal twice as often as the others.
_CHANCES = {POSTGRES: 2, TEMPORAL: 2, API: 1, DEMO_MODEL: 1}
MAY_BE_AWAY = tuple(_CHANCES)
# How it goes: as with the machine's plug, or as its operator would have it go.
KILLED, STOPPED = "killed", "stopped"
CRASH_POINTS = ("before_call", "after_answer", "after_commit", "before_acknowledgement")
# The one of an operator's deeds that ends no run.
ACTIVITY_RESET = "activity-reset"
_MODEL_FAULTS = list(Fault)
# Seconds that a way is broken. A worker's may be so for longer than its heartbeat time-out of 20 s: somebody else has
# its calls when it comes back.
_SECONDS_OF_A_WAY = {WORKER: (2, 5, 10, 30), API: (2, 5, 10)}
_WAYS = (Way.SLOW, Way.REFUSING, Way.SILENT, Way.ONE_WAY)


@dataclass(frozen=True, slots=True)
class Strike:
    """One fault. `at` is seconds from the beginning; `details` say how long, how often, which."""

    at: float
    kind: str
    target: str
    details: dict[str, Any] = field(default_factory=dict)


def schedule(
    seed: int,
    kinds: Sequence[str],
    workers: Sequence[str],
    *,
    kills: int,
    seconds: float,
    outages_of: Sequence[str] = MAY_BE_AWAY,
) -> list[Strike]:
    """All strikes in order of time: exactly so many kills of workers, and of the other kinds what the time holds.

    Outages are those of the servers named. ValueError when so many kills do not go into that time.
    """
    strikes: list[Strike] = []
    for kind in ALL:
        if kind in kinds:
            draw = random.Random(f"{seed}/{kind}")
            if kind == KILLS:
                strikes.extend(_kills(draw, workers, kills, seconds))
            else:
                strikes.extend(_others(draw, kind, workers, seconds, outages_of))
    return sorted(strikes, key=lambda strike: strike.at)


def _kills(draw: random.Random, workers: Sequence[str], kills: int, seconds: float) -> Iterator[Strike]:
    """As failures come: whatever was before, the next moment is as likely as any other, after the least gap.

    So some follow at once and a few only after several times the mean. They fill the time, the last one at its end.
    """
    spare = seconds - kills * LEAST_BETWEEN_KILLS
    if spare < 0:
        raise ValueError(
            f"{kills} kills in {seconds / 60:g} minutes are closer than {LEAST_BETWEEN_KILLS} s on average: allow at "
            f"least {kills * LEAST_BETWEEN_KILLS / 60:.1f} minutes, or at most {int(seconds / LEAST_BETWEEN_KILLS)} "
            "kills"
        )
    gaps = [draw.expovariate(1) for _ in range(kills)]
    stretch = spare / sum(gaps) if gaps else 1.0
    for so_far in accumulate(LEAST_BETWEEN_KILLS + gap * stretch for gap in gaps):
        yield Strike(so_far, KILLS, draw.choice(workers))


def _others(
    draw: random.Random, kind: str, workers: Sequence[str], seconds: float, outages_of: Sequence[str]
) -> Iterator[Strike]:
    at = 0.0
    while (at := at + draw.uniform(*BETWEEN_OTHERS[kind])) < seconds:
        yield _other(draw, kind, at, workers, outages_of)


def _other(draw: random.Random, kind: str, at: float, workers: Sequence[str], outages_of: Sequence[str]) -> Strike:
    match kind:
        case "freezes":
            target = draw.choice([*workers, *workers, API, DEMO_MODEL, POSTGRES, TEMPORAL])
            # A worker may be silent for longer than its heartbeat time-out, and come back as a ghost.
            return Strike(at, kind, target, {"seconds": draw.choice([1, 3, 8, 35] if target in workers else [1, 3, 8])})
        case "outages":
            target = draw.choices(outages_of, [_CHANCES[server] for server in outages_of])[0]
            seconds, way = draw.choice([(0, KILLED), (0, STOPPED), (2, STOPPED), (8, KILLED)])
            return Strike(at, kind, target, {"seconds": seconds, "way": way})
        case "network":
            who, target = draw.choice(PAIRS)
            name = draw.choice(workers) if who == WORKER else who
            details = {"way": draw.choice(_WAYS).value, "seconds": draw.choice(_SECONDS_OF_A_WAY[who])}
            return Strike(at, kind, f"{name} to {target}", details)
        case "model":
            fault = draw.choice(_MODEL_FAULTS)
            return Strike(at, kind, DEMO_MODEL, {"fault": fault.value, "times": draw.randint(1, 4)})
        case "operator":
            deed = draw.choice(["terminate", "reset", "reset", "cancel", ACTIVITY_RESET])
            return Strike(at, kind, "a generation", {"deed": deed, "choice": draw.random(), "event": draw.random()})
        case _:
            return Strike(at, kind, draw.choice(CRASH_POINTS))
