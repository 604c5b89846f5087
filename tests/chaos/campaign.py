"""One campaign: a cluster, teachers, a schedule of faults, and at the end the judge."""

import asyncio
import json
import time
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from temporal_client import connect
from tests.chaos import calls, judge, mirror
from tests.chaos.cluster import API, POSTGRES, TEMPORAL, Cluster
from tests.chaos.evidence import Evidence, gather
from tests.chaos.figures import figures, machine, revision
from tests.chaos.recovery import Recovery, recovery
from tests.chaos.schedule import CRASHES, KILLS, MAY_BE_AWAY, NETWORK, OUTAGES, Strike, schedule
from tests.chaos.strikes import Done, Striker
from tests.chaos.stuck import dump, until_stuck
from tests.chaos.teachers import Teachers
from tests.support.content import sample_chapter

# Seconds after the schedule at which it is given up, however busy it still is.
LONGEST = 1_200.0
# For as long Temporal served nobody when it is started again, at most; see `embedded/silence.py`.
SILENT_FOR = timedelta(seconds=45)
# Tries of one sort of strike of which one at least must have met something.
OFTEN = 5
NOT_VACUOUS, TARGETS, HOLDS = "not vacuous", "targets", "every invariant holds"
# Seconds, where only workers die: from a kill to the struck step's answer, p95; to a mirror with true counts.
ANSWERED_WITHIN, CONVERGED_WITHIN = 30.0, 10.0
# What can be away without a call's being paid twice: the calls go on.
NO_CALL_NEEDS = {POSTGRES, TEMPORAL, API}


@dataclass(frozen=True)
class Plan:
    """What a campaign is."""

    seed: int
    generations: int
    questions: int
    kills: int
    seconds: float
    faults: tuple[str, ...]
    outages_of: tuple[str, ...] = MAY_BE_AWAY
    at_once: int = 24
    workers: int = 3
    latency: str = "0.5-1.5"
    # Events: so few that each generation hands over to a new run, and that in the middle of it all.
    longest_run: int = 100
    # Kills that must have struck a call, as a share of all; fewer would prove nothing.
    least_inside: float = 0.25
    # Paid calls that nothing excuses, as a share of all: a second payment of one of these would be an offence.
    least_judged: float = 0.1
    # Whether teachers pause, cancel and repeat their requests.
    capricious: bool = True
    # Whether each worker has a folder of its own, as a container has, so that nobody sees another one die.
    apart: bool = False
    # Whether Temporal keeps nothing that can be read without a key.
    encrypted: bool = False

    def strikes(self, workers: Sequence[str]) -> list[Strike]:
        """Its schedule; ValueError when there is none."""
        return schedule(
            self.seed, self.faults, workers, kills=self.kills, seconds=self.seconds, outages_of=self.outages_of
        )


@dataclass
class Result:
    """What came of it. `offences` by invariant: all empty is what is wanted."""

    plan: Plan
    began: datetime
    seconds: float
    offences: dict[str, list[str]]
    figures: dict[str, Any]
    timeline: list[dict[str, Any]] = field(default_factory=list)
    # (seconds from the beginning, questions completed).
    progress: list[tuple[float, int]] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """In words: whether anything stands against an invariant; if not, whether enough was tried and in time."""
        if any(offences for name, offences in self.offences.items() if name not in (NOT_VACUOUS, TARGETS)):
            return "AN INVARIANT IS BROKEN"
        if self.offences.get(NOT_VACUOUS):
            return "TOO LITTLE WAS TRIED TO SAY"
        return f"{HOLDS}, A TARGET IS MISSED" if self.offences.get(TARGETS) else HOLDS

    @property
    def holds(self) -> bool:
        """Whether nothing stands against any invariant, enough was tried, and each target is reached."""
        return self.verdict == HOLDS


async def run(plan: Plan, folder: Path) -> Result:
    """Play it in a new folder; logs and data stay there."""
    content = sample_chapter().text
    began, clock = datetime.now(UTC), time.monotonic()
    cluster = Cluster(
        folder / "home",
        workers=plan.workers,
        latency=plan.latency,
        proxied=NETWORK in plan.faults,
        crashing=CRASHES in plan.faults,
        apart=plan.apart,
        encrypted=plan.encrypted,
        environment={
            "WORKFLOW_WINDOW": "4",
            "OPENAI_TIMEOUT": "15",
            "WORKFLOW_LONGEST_RUN": str(plan.longest_run),
        },
    )
    timeline, progress = list[Done](), list[tuple[float, int]]()
    try:
        async with _running(cluster):
            offences, numbers = await _play_and_judge(plan, cluster, folder, content, timeline, progress)
    except Exception:  # a report that says so is worth more than none
        offences, numbers = {"the campaign broke": [traceback.format_exc()]}, {}
    told = [done.told() for done in timeline]
    return Result(plan, began, time.monotonic() - clock, offences, numbers, told, progress)


async def _play_and_judge(
    plan: Plan,
    cluster: Cluster,
    folder: Path,
    content: str,
    timeline: list[Done],
    progress: list[tuple[float, int]],
) -> tuple[dict[str, list[str]], dict[str, Any]]:
    """Offences and figures; what struck and what was done meanwhile go into the lists."""
    teachers = Teachers(cluster.api_url, content, seed=plan.seed, capricious=plan.capricious)
    await teachers.sign_up()
    striker = Striker(cluster, teachers.open, timeline)
    playing = asyncio.create_task(striker.play(plan.strikes(cluster.workers)))
    teaching = asyncio.create_task(teachers.run(plan.generations, plan.questions, plan.at_once, playing.done))
    watching = asyncio.create_task(until_stuck(teachers, cluster, progress, folder))
    marking = asyncio.create_task(_carry_over(striker, teachers))
    tasks = (playing, teaching, watching, marking)
    try:
        stuck = await _first(playing, watching, plan.seconds + LONGEST, beside=teaching)
        await asyncio.to_thread(cluster.recovered)
        await striker.over()
        settings = cluster.settings()
        client = await connect(settings)
        # Side by side: both count from here, when all parts serve again.
        (true_again, untrue), (caught_up, behind) = await asyncio.gather(
            mirror.says_the_same(client, cluster, while_runs_close=True), mirror.catches_up(client, cluster)
        )
        stuck = stuck or await _first(teaching, watching, LONGEST)
        if stuck and not watching.done():
            stuck += f"; see {await dump(teachers, cluster, folder)}"
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    _, untrue_at_the_end = await mirror.says_the_same(client, cluster)
    striker.crashes_that_struck()
    evidence = await gather(client, cluster.database_url, cluster.ledger, settings.encryption_keys)
    strikes = [*striker.done, *map(_of_its_own, cluster.silences)]
    offences = await _judge(evidence, teachers, striker, strikes, cluster, content)
    offences["I1 every generation ends"] += [stuck] if stuck else []
    offences["I5 the mirror is true"] += untrue + behind + untrue_at_the_end
    healed = recovery(evidence, striker.done)
    if plan.faults == (KILLS,):
        starts = {process.name: process.starts for process in cluster.processes.values()}
        offences["I1 every generation ends"] += [
            *judge.nothing_stops_by_itself(evidence, teachers.generations, strikes),
            *judge.nothing_dies_by_itself(starts, strikes),
            *judge.what_was_cut_off_goes_on(healed.never, teachers.generations),
        ]
        offences["I6 nothing accepted is lost"] += judge.the_api_serves(teachers.answers)
        offences["I4 paid twice only in flight"] += calls.paid_twice_at_most_in_flight(evidence, strikes)
    # Where Temporal stood still of itself, heartbeats were missed.
    if plan.faults == (OUTAGES,) and NO_CALL_NEEDS.issuperset(plan.outages_of) and not cluster.silences:
        offences["I4 paid twice only in flight"] += calls.none_is_paid_twice(evidence)
    numbers = figures(evidence, teachers, striker.done, healed)
    offences[NOT_VACUOUS] = _vacuous(plan, striker.done, healed, teachers, numbers)
    if not caught_up:
        offences[NOT_VACUOUS].append("no generation ran when the mirror was looked at")
    numbers["mirror's statuses true again after the last fault, seconds"] = round(true_again, 1)
    numbers["mirror's counts true again, seconds"] = {
        "max": round(max(caught_up, default=0), 1),
        "of": len(caught_up),
    }
    numbers["Temporal alive but serving nobody, started again"] = len(cluster.silences)
    if plan.faults == (KILLS,):
        offences[TARGETS] = _missed(numbers)
    await teachers.close()
    return offences, numbers


@asynccontextmanager
async def _running(cluster: Cluster) -> AsyncIterator[None]:
    """Started and ended in threads, for both take long. Who interrupts its start leaves nothing behind either."""
    start = asyncio.create_task(asyncio.to_thread(cluster.__enter__))
    try:
        await asyncio.shield(start)
        yield
    finally:
        await asyncio.wait({start})
        if start.exception() is None:  # otherwise it has ended itself
            await asyncio.to_thread(cluster.__exit__, None, None, None)


async def _first(
    work: "asyncio.Task[None]",
    watching: "asyncio.Task[str]",
    seconds: float,
    *,
    beside: "asyncio.Task[None] | None" = None,
) -> str:
    """Wait for the work; why it was not waited for to its end, if so. Raises what it or the work `beside` it raised."""
    awaited = {work, watching, beside} - {None}
    await asyncio.wait(awaited, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    if beside is not None and beside.done():
        beside.result()
    if work.done():
        work.result()
        return ""
    return watching.result() if watching.done() else f"not over after {seconds:.0f} s"


def _vacuous(
    plan: Plan, strikes: Sequence[Done], healed: Recovery, teachers: Teachers, numbers: dict[str, Any]
) -> list[str]:
    """What was not tried, though the plan says so."""
    struck = Counter(done.strike.kind for done in strikes if done.hit)
    offences = [f"no {kind} struck anything" for kind in plan.faults if not struck[kind]]
    tried, met = Counter(map(_sort_of, strikes)), Counter(_sort_of(done) for done in strikes if done.hit)
    offences += [f"none of {count}: {sort}" for sort, count in tried.items() if count >= OFTEN and not met[sort]]
    if KILLS in plan.faults:
        if struck[KILLS] < plan.kills:
            offences.append(f"only {struck[KILLS]} of {plan.kills} kills found a worker")
        if healed.inside < plan.least_inside * healed.kills:
            offences.append(f"only {healed.inside} of {healed.kills} kills struck a call")
    paid, judged = numbers["calls paid"], numbers["calls paid that nothing struck"]
    if judged < plan.least_judged * paid:
        offences.append(f"only {judged} of {paid} paid calls would have been an offence when paid twice")
    if plan.encrypted and not numbers["payloads that Temporal keeps encrypted"]:
        offences.append("no encrypted payload was seen")
    if plan.capricious and not any(one.pauses for one in teachers.generations):
        offences.append("no pause was held")
    return offences


def _missed(numbers: dict[str, Any]) -> list[str]:
    """Targets of time that were not reached. No test asserts them: a campaign is run on a quiet machine."""
    targets = {
        "answered after a kill, seconds": ("p95", ANSWERED_WITHIN),
        "mirror's counts true again, seconds": ("max", CONVERGED_WITHIN),
    }
    return [
        f"{name}: {which} {numbers[name][which]:.1f}, wanted {most:.0f}"
        for name, (which, most) in targets.items()
        if (numbers[name][which] or 0) > most
    ]


def _sort_of(done: Done) -> str:
    """What of its kind a strike is."""
    details = done.strike.details
    what = details.get("deed") or details.get("fault") or done.strike.target
    return f"{done.strike.kind} of {what}"


def _of_its_own(started_again: datetime) -> Done:
    """Temporal's standstill that was none of the schedule's, as the outage that it was."""
    outage = Strike(0.0, OUTAGES, TEMPORAL, {"seconds": SILENT_FOR.total_seconds()})
    return Done(outage, started_again - SILENT_FOR, hit=True)


async def _carry_over(striker: Striker, teachers: Teachers) -> None:
    """Tell the teachers what operators cancelled: they do not resume it."""
    while True:
        for one in teachers.generations:
            if one.workflow_id in striker.cancelled:
                one.cancelled = True
        await asyncio.sleep(0.2)


async def _judge(
    evidence: Evidence, teachers: Teachers, striker: Striker, strikes: list[Done], cluster: Cluster, content: str
) -> dict[str, list[str]]:
    generations = teachers.generations
    return {
        "I1 every generation ends": [
            *judge.every_generation_ended(generations, striker.cancelled),
            *judge.none_stands_still(evidence, generations),
        ],
        "I2 every question once": judge.every_question_is_there_once(evidence, generations, content),
        "I3 no completed step again": calls.no_completed_step_is_called_again(evidence, strikes),
        "T8 answers are bounded": calls.answers_of_a_slot_are_bounded(evidence),
        "I4 paid twice only in flight": calls.paid_twice_only_in_flight(evidence, strikes),
        "I5 the mirror is true": [
            *judge.the_mirror_counts_its_questions(evidence),
            *judge.the_mirror_never_goes_back(evidence),
        ],
        "I6 nothing accepted is lost": judge.nothing_accepted_is_lost(
            evidence, generations, teachers.answers, strikes, striker.operated
        ),
        "I7 a pause is a pause": [
            *judge.a_pause_is_a_pause(evidence, generations, strikes),
            *judge.nothing_is_begun_after_a_stop(evidence),
        ],
        "I8 every history replays": await judge.every_history_replays(evidence),
        "I9 nothing secret is told": [
            *judge.nothing_secret_is_told(evidence, cluster.database_url, cluster.home.logs, cluster.secrets()),
            *judge.nothing_is_readable(evidence),
        ],
        "I10 histories stay small": judge.histories_stay_small(evidence),
    }


def as_json(result: Result) -> str:
    """The whole result."""
    return json.dumps(
        {
            "plan": asdict(result.plan),
            "began": result.began.isoformat(timespec="seconds"),
            "seconds": round(result.seconds, 1),
            "machine": machine(),
            "revision": revision(),
            "verdict": result.verdict,
            "holds": result.holds,
            "offences": result.offences,
            "figures": result.figures,
            "progress": result.progress,
            "timeline": result.timeline,
        },
        indent=1,
        default=str,
    )
