"""What a strike excuses: which calls it met, and which of them it held up."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.chaos.cluster import DEMO_MODEL, POSTGRES, TEMPORAL
from tests.chaos.evidence import CallLine, Evidence
from tests.chaos.schedule import ACTIVITY_RESET, CRASHES, FREEZES, KILLS, NETWORK, OPERATOR, OUTAGES
from tests.chaos.strikes import DELAY, TEACHERS, Done
from tests.support.proxy import Way

# From an answer to its row in PostgreSQL, in a worker that has just begun on a full machine: 1 s was seen.
STORED_WITHIN = timedelta(seconds=2)
# Between two clocks' readings of one moment, and between a look and what follows from it.
AT_ONCE = timedelta(seconds=1)
# What was cut off or silent needs its time-outs to notice that it is served again: who was held up comes in late, and
# who lost Temporal may be given up meanwhile. No call is lost to a model for as long; see `_lost_until`.
NOTICED_WITHIN = timedelta(seconds=15)
# A worker's beats are five seconds apart. So silences that follow sooner may be one. And with its next beat a worker
# hears that somebody ended its run or began a step's tries anew; what it was given before, it may still begin. A call
# of the next run is excused for as long: the ledger does not tell runs apart.
HEARD_WITHIN = timedelta(seconds=6)
# Temporal gives up a call whose worker it has not heard of for 20 s, the time since the last beat among them.
UNHEARD_FOR = timedelta(seconds=10)
BEGINS_WITHIN = timedelta(seconds=1.5)
# A slow way holds each part of what is sent, and a call is two: its head and its body.
HELD_BY_A_SLOW_WAY = timedelta(seconds=2 * DELAY)
# What a call rests on from its look into the database, which is its last, to its beginning.
LOOKED_AT, ASKED = POSTGRES, DEMO_MODEL


def in_flight_at(line: CallLine, strikes: Sequence[Done], *, before: datetime) -> bool:
    """Whether what carries the call was struck between its beginning and the moment at which its answer was stored.

    And `before` it was called again: what strikes later is no reason for that. Temporal and PostgreSQL do not carry it,
    nor does a short standstill of its worker or of the model lose it. Only where Temporal does not hear of the worker
    for so long that it takes it for dead is that a reason.
    """
    # A busy model reads, and so notes, a call when its worker may have died already.
    sent, until = line.began - AT_ONCE, min(_stored_by(line, strikes), before)
    return any(
        done.hit and done.at <= until and _loses(done, line) and sent <= _lost_until(done, line, strikes)
        for done in strikes
    ) or any(
        silence.since <= until and silence.over + NOTICED_WITHIN >= line.began
        for silence in _silences(line.worker, strikes)
        if silence.over - silence.since >= UNHEARD_FOR
    )


def _loses(done: Done, line: CallLine) -> bool:
    """Whether the strike takes away a call or its answer: by a death, on the way to the model, or its generation."""
    kind, target = done.strike.kind, done.strike.target
    if kind in (KILLS, CRASHES):
        return bool(done.details["worker"] == line.worker)
    if kind in (OUTAGES, NETWORK):
        return target in (DEMO_MODEL, f"{line.worker} to {DEMO_MODEL}")
    return kind in (OPERATOR, TEACHERS) and done.details.get("workflow_id") == line.step[0]


def _lost_until(done: Done, line: CallLine, strikes: Sequence[Done]) -> datetime:
    """The last moment at which a call can begin that the strike takes away.

    What a new model takes in, or what comes over a way that is open again, is answered: a silent way lets go all at
    once, and the others broke what was under way. Who works for a run that was ended hears of it with the next beat,
    and begins steps until then. Where a step's tries began anew, another one is beside a call that was in flight, or
    was just to begin, or was held up.
    """
    until, details = _until(done), done.strike.details
    if done.strike.kind == NETWORK and details.get("way") == Way.SLOW.value:
        return until + HELD_BY_A_SLOW_WAY
    if done.strike.kind != OPERATOR:
        return until
    # Temporal may have given out a try that reaches its worker later.
    late = held_up(line, until, strikes, (TEMPORAL, LOOKED_AT, ASKED))
    of_one_try = details.get("deed") == ACTIVITY_RESET and not late
    return until + (AT_ONCE if of_one_try else HEARD_WITHIN)


def _stored_by(line: CallLine, strikes: Sequence[Done]) -> datetime:
    """When the call's answer had its row: soon, or when nothing held that up any more, one after another."""
    worker_stands_still = (FREEZES, line.worker)
    no_database = {(FREEZES, POSTGRES), (OUTAGES, POSTGRES), (NETWORK, f"{line.worker} to {POSTGRES}")}
    moment = line.time + STORED_WITHIN
    for done in sorted(strikes, key=lambda done: done.at):
        holds = (done.strike.kind, done.strike.target) in {worker_stands_still, *no_database}
        if done.hit and holds and done.at <= moment:
            moment = max(moment, _over(done))
    return moment


@dataclass
class _Silence:
    """From when to when Temporal did not hear of a worker."""

    since: datetime
    over: datetime


def _silences(worker: str, strikes: Sequence[Done]) -> list[_Silence]:
    """In order. Between two of them a beat came through: what follows sooner goes on with the one before."""
    unheard = {(FREEZES, worker), (NETWORK, f"{worker} to {TEMPORAL}"), (FREEZES, TEMPORAL), (OUTAGES, TEMPORAL)}
    silences: list[_Silence] = []
    for done in sorted(strikes, key=lambda done: done.at):
        if done.hit and (done.strike.kind, done.strike.target) in unheard:
            over = _until(done) + BEGINS_WITHIN
            if silences and done.at <= silences[-1].over + HEARD_WITHIN:
                silences[-1].over = max(over, silences[-1].over)
            else:
                silences.append(_Silence(done.at, over))
    return silences


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


def _holds_up(done: Done, line: CallLine, servers: Collection[str]) -> bool:
    """Whether the strike met what the call waits for before it begins: its worker, and its ways to these servers."""
    lasts, target = done.strike.kind in (FREEZES, OUTAGES, NETWORK), done.strike.target
    return lasts and target in {line.worker, *servers, *(f"{line.worker} to {server}" for server in servers)}


def held_up(
    line: CallLine, since: datetime, strikes: Sequence[Done], servers: Collection[str] = (LOOKED_AT, ASKED)
) -> bool:
    """Whether the call, or the look into the database before it, was held up by what stood still or was away.

    From `since`, or soon after, for before there was time to look and to call; and until the call began, by one after
    another if need be.
    """
    holds = sorted((done.at, _over(done)) for done in strikes if done.hit and _holds_up(done, line, servers))
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
    # Of a teacher's command workers have heard by its end.
    return _until(done) + (timedelta() if done.strike.kind == TEACHERS else NOTICED_WITHIN)


def _until(done: Done) -> datetime:
    return done.at + timedelta(seconds=done.took + done.strike.details.get("seconds", 0))
