"""What a strike excuses: which calls it met, and which of them it held up."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.chaos.cluster import DEMO_MODEL, POSTGRES, TEMPORAL
from tests.chaos.evidence import CallLine, Evidence
from tests.chaos.schedule import CRASHES, FREEZES, KILLS, NETWORK, OPERATOR, OUTAGES
from tests.chaos.strikes import TEACHERS, Done

# From an answer to its row in PostgreSQL, in a worker that has just begun on a full machine: 1 s was seen.
STORED_WITHIN = timedelta(seconds=2)
# Between two clocks' readings of one moment, and between a look and what follows from it.
AT_ONCE = timedelta(seconds=1)
# What was cut off or silent needs its time-outs to notice that it is served again.
NOTICED_WITHIN = timedelta(seconds=15)
# Temporal gives up a call whose worker it has not heard of for 20 s; it hears of it every 5, if all goes well. The
# longest outage that a schedule has is shorter, with the time to begin again: only one after the other, or a
# standstill, comes to this.
UNHEARD_FOR = timedelta(seconds=10)
BEGINS_WITHIN = timedelta(seconds=1.5)
# A worker hears with its next heartbeat, five seconds apart, that somebody ended its run; what it was given before, it
# may still begin.
HEARD_WITHIN = timedelta(seconds=6)
# What a call rests on while it looks for its answer and asks for it.
SERVERS = (POSTGRES, TEMPORAL, DEMO_MODEL)


def in_flight_at(line: CallLine, strikes: Sequence[Done], *, before: datetime) -> bool:
    """Whether what carries the call was struck between its beginning and the moment at which its answer was stored.

    And `before` it was called again: what strikes later is no reason for that. PostgreSQL and Temporal do not carry it:
    while they are away its answer waits in the worker, until it can be stored; so it is in flight for as long. Unless
    Temporal is away for so long that it takes the worker for dead.
    """
    until = min(_back(POSTGRES, line.time + STORED_WITHIN, strikes), before)
    return struck(strikes, line.began, until, lambda done: _carries(done, line)) or any(
        one.since <= until and one.over >= line.began and one.away >= UNHEARD_FOR
        for one in _absences(TEMPORAL, strikes)
    )


def _back(server: str, moment: datetime, strikes: Sequence[Done]) -> datetime:
    """When a server that was away at that moment served again, and was known to; the moment itself if it was there."""
    return max([moment, *(one.over for one in _absences(server, strikes) if one.since <= moment <= one.over)])


@dataclass
class _Absence:
    """From when to when a server was away, or that was still noticed, and for how long it really was."""

    since: datetime
    over: datetime
    away: timedelta


def _absences(server: str, strikes: Sequence[Done]) -> list[_Absence]:
    """In order; what follows before the one before was noticed to be over is one absence."""
    absences: list[_Absence] = []
    for done in sorted(strikes, key=lambda done: done.at):
        if done.hit and done.strike.kind in (FREEZES, OUTAGES) and done.strike.target == server:
            away = timedelta(seconds=done.strike.details.get("seconds", 0)) + BEGINS_WITHIN
            if absences and done.at <= absences[-1].over:
                absences[-1].over = max(_over(done), absences[-1].over)
                absences[-1].away += away
            else:
                absences.append(_Absence(done.at, _over(done), away))
    return absences


def in_flight_at_kills(evidence: Evidence, strikes: Sequence[Done]) -> int:
    """Calls whose worker was killed while they were in flight."""
    return sum(
        any(line.began <= kill <= line.time for kill in kills)
        for worker, kills in kills_of_workers(strikes).items()
        for line in evidence.lines
        if line.worker == worker
    )


def kills_of_workers(strikes: Sequence[Done]) -> dict[str, list[datetime]]:
    """The moments at which each worker was killed, in order."""
    kills: dict[str, list[datetime]] = defaultdict(list)
    for done in sorted(strikes, key=lambda done: done.at):
        if done.hit and done.strike.kind == KILLS:
            kills[done.details["worker"]].append(done.at)
    return kills


def _carries(done: Done, line: CallLine) -> bool:
    """Whether the strike met what holds this call: its worker and its ways, the model, its generation."""
    kind, target = done.strike.kind, done.strike.target
    if kind in (KILLS, CRASHES):
        return bool(done.details["worker"] == line.worker)
    if kind in (FREEZES, OUTAGES):
        return target in (line.worker, DEMO_MODEL)
    if kind == NETWORK:
        return target.startswith(f"{line.worker} to ")
    return kind in (OPERATOR, TEACHERS) and done.details.get("workflow_id") == line.step[0]


def _holds_up(done: Done, line: CallLine) -> bool:
    """Whether the strike met what the call waits for before it begins: its worker and its ways, and all servers."""
    lasts = done.strike.kind in (FREEZES, OUTAGES, NETWORK)
    return lasts and (done.strike.target in SERVERS or _carries(done, line))


def held_up(line: CallLine, since: datetime, strikes: Sequence[Done]) -> bool:
    """Whether the call, or the look into the database before it, was held up by what stood still or was away.

    From `since`, or soon after, for before there was time to look and to call; and until the call began, by one after
    another if need be.
    """
    holds = sorted((done.at, _over(done)) for done in strikes if done.hit and _holds_up(done, line))
    until = since + AT_ONCE
    for at, over in holds:
        if at <= until and over >= since:
            until = max(until, over)
    return until > since + AT_ONCE and until >= line.began


def struck(strikes: Sequence[Done], since: datetime, until: datetime, wanted: Callable[[Done], bool]) -> bool:
    """Whether one of those struck, or lasted, or was still noticed, in that time."""
    return any(done.hit and done.at <= until and _over(done) >= since and wanted(done) for done in strikes)


def temporal_was_away(strikes: Sequence[Done], since: datetime, until: datetime) -> bool:
    """Whether Temporal was killed or stood still by itself in that time, or that was still noticed."""
    return struck(strikes, since, until, lambda done: done.strike.kind == OUTAGES and done.strike.target == TEMPORAL)


def _over(done: Done) -> datetime:
    # A death is over at once; an operator's command, or a teacher's, when workers have heard of it.
    if done.strike.kind in (KILLS, CRASHES, TEACHERS):
        return done.at + timedelta(seconds=done.took)
    if done.strike.kind == OPERATOR:
        return done.at + timedelta(seconds=done.took) + HEARD_WITHIN
    return done.at + timedelta(seconds=done.strike.details.get("seconds", 0)) + NOTICED_WITHIN
