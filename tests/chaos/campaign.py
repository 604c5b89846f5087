"""One campaign: a cluster, teachers, a schedule of faults, and at the end the judge."""

import asyncio
import time
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from typing import Any

from temporal_client import connect
from tests.chaos import mirror
from tests.chaos.cluster import Cluster
from tests.chaos.evidence import gather
from tests.chaos.figures import revision
from tests.chaos.plan import Plan
from tests.chaos.schedule import CRASHES, NETWORK
from tests.chaos.strikes import Done, Striker, standstill
from tests.chaos.stuck import dump, until_stuck
from tests.chaos.teachers import Teachers
from tests.chaos.untold import open_at, told_after
from tests.chaos.verdict import BROKEN_OFF, ENDS, HOLDS, Witnesses, in_words, judged
from tests.support.content import sample_chapter

# Seconds: who has no account by then gets none.
SIGNED_UP_WITHIN = 60


@dataclass
class Notes:
    """What is noted while it is played, and is there if it breaks off."""

    played_from: datetime
    timeline: list[Done] = field(default_factory=list)
    # (seconds from the beginning, questions completed).
    progress: list[tuple[float, int]] = field(default_factory=list)
    # Why it was not waited for to its end, if so.
    stuck: str = ""


@dataclass
class Result:
    """What came of it. `offences` by invariant: all empty is what is wanted."""

    plan: Plan
    revision: str
    began: datetime
    seconds: float
    offences: dict[str, list[str]]
    figures: dict[str, Any]
    timeline: list[dict[str, Any]] = field(default_factory=list)
    # (seconds from the beginning, questions completed).
    progress: list[tuple[float, int]] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """In words."""
        return in_words(self.offences)

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
    notes, code = Notes(began), revision()
    try:
        async with _running(cluster):
            notes.played_from = datetime.now(UTC)
            offences, numbers = await judged(await _play(plan, cluster, folder, content, notes))
    except Exception:  # a report that says so is worth more than none
        stuck = {ENDS: [notes.stuck]} if notes.stuck else {}
        offences, numbers = {**stuck, BROKEN_OFF: [traceback.format_exc()]}, {}
    told = [done.told(notes.played_from) for done in (*notes.timeline, *map(standstill, cluster.silences))]
    told.sort(key=itemgetter("at"))
    return Result(plan, code, began, time.monotonic() - clock, offences, numbers, told, notes.progress)


async def _play(plan: Plan, cluster: Cluster, folder: Path, content: str, notes: Notes) -> Witnesses:
    """What is left of it. Raises when it cannot be played to its end."""
    teachers = Teachers(cluster.api_url, content, seed=plan.seed, capricious=plan.capricious)
    async with asyncio.timeout(SIGNED_UP_WITHIN):  # nothing watches yet
        await teachers.sign_up()
    striker = Striker(cluster, teachers.open, notes.timeline)
    playing = asyncio.create_task(striker.play(plan.strikes(cluster.workers)))
    teaching = asyncio.create_task(teachers.run(plan.generations, plan.questions, plan.at_once, playing.done))
    watching = asyncio.create_task(until_stuck(teachers, cluster, notes.progress, folder))
    marking = asyncio.create_task(_carry_over(striker, teachers))
    tasks = (playing, teaching, watching, marking)
    try:
        notes.stuck = await _first(playing, watching, plan.seconds + plan.longest, beside=teaching)
        playing.cancel()  # if it is stuck: nothing more is to strike while it is looked at
        await asyncio.wait({playing})
        await _all_serve_again(cluster, notes)
        await striker.over()
        settings = cluster.settings()
        client = await connect(settings)
        since = datetime.now(UTC)
        statuses, untrue = await mirror.says_the_same(client, cluster, while_runs_close=True)
        notes.stuck = notes.stuck or await _first(teaching, watching, plan.longest)
        if notes.stuck and not watching.done():
            notes.stuck += f"; see {await dump(teachers, cluster, folder)}"
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    _, untrue_at_the_end = await mirror.says_the_same(client, cluster)
    evidence = await gather(client, cluster.database_url, cluster.ledger, settings.encryption_keys)
    counts = told_after(evidence.histories, open_at(evidence.histories, since), since)
    late = [
        f"{workflow_id}: its row had what was decided by the last fault after {seconds:.0f} s"
        for workflow_id, seconds in counts.items()
        if seconds > mirror.CAUGHT_UP
    ]
    striker.crashes_that_struck()
    await teachers.close()
    return Witnesses(
        plan=plan,
        content=content,
        evidence=evidence,
        generations=teachers.generations,
        answers=teachers.answers,
        done=striker.done,
        standstills=[standstill(moment) for moment in cluster.silences],
        cancelled=striker.cancelled,
        operated=striker.operated,
        starts={process.name: process.started_at for process in cluster.processes.values()},
        convergence=mirror.Convergence(statuses, list(counts.values()), [*untrue, *untrue_at_the_end, *late]),
        stuck=notes.stuck,
        database_url=cluster.database_url,
        logs=cluster.home.logs,
        secrets=cluster.secrets(),
    )


async def _all_serve_again(cluster: Cluster, notes: Notes) -> None:
    """Raises when a part does not, which is the worst that can come of faults."""
    try:
        await asyncio.to_thread(cluster.recovered)
    except AssertionError as error:
        notes.stuck = f"{notes.stuck}; {error}".removeprefix("; ")
        raise


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
    awaited = [task for task in (work, watching, beside) if task is not None]
    await asyncio.wait(awaited, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    if beside is not None and beside.done():
        beside.result()
    if work.done():
        work.result()
        return ""
    return watching.result() if watching.done() else f"not over after {seconds:.0f} s"


async def _carry_over(striker: Striker, teachers: Teachers) -> None:
    """Tell the teachers what operators cancelled: they do not resume it."""
    while True:
        for one in teachers.generations:
            if one.workflow_id in striker.cancelled:
                one.cancelled = True
        await asyncio.sleep(0.2)
