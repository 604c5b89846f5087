"""One campaign: a cluster, teachers, a schedule of faults, and at the end the judge."""

import asyncio
import contextlib
import json
import os
import platform
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from temporalio.client import Client

from temporal_client import connect
from tests.chaos import judge
from tests.chaos.cluster import Cluster
from tests.chaos.evidence import Evidence, gather, read_ledger
from tests.chaos.recovery import Recovery, recovery
from tests.chaos.schedule import NETWORK, schedule
from tests.chaos.strikes import Done, Striker
from tests.chaos.teachers import Teachers
from tests.support.content import sample_chapter

# Seconds without any progress after which a campaign is stuck; longer than every outage and time-out together.
STUCK = 150.0
# Seconds in which the mirror must be true again after the last fault.
CONVERGED = 10.0


@dataclass(frozen=True)
class Plan:
    """What a campaign is."""

    seed: int
    generations: int
    questions: int
    kills: int
    seconds: float
    faults: tuple[str, ...]
    at_once: int = 40
    workers: int = 3
    latency: str = "0.5-1.5"
    # Kills that must have struck a call, as a share of all; fewer would prove nothing.
    least_inside: float = 0.25
    # Whether teachers pause, cancel and repeat their requests.
    capricious: bool = True


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
    def holds(self) -> bool:
        """Whether nothing stands against any invariant."""
        return not any(self.offences.values())


async def run(plan: Plan, folder: Path) -> Result:
    """Play it in a new folder; logs and data stay there."""
    content = sample_chapter().text
    began, clock = datetime.now(UTC), time.monotonic()
    proxied = NETWORK in plan.faults
    environment = {"WORKFLOW_WINDOW": "4"}
    cluster = Cluster(
        folder / "home", workers=plan.workers, latency=plan.latency, proxied=proxied, environment=environment
    )
    await asyncio.to_thread(cluster.__enter__)
    try:
        teachers = Teachers(cluster.api_url, content, seed=plan.seed, capricious=plan.capricious)
        await teachers.sign_up()
        striker = Striker(cluster, teachers.open)
        strikes = schedule(plan.seed, plan.faults, cluster.workers, kills=plan.kills, seconds=plan.seconds)
        finished, progress = asyncio.Event(), list[tuple[float, int]]()
        playing = asyncio.create_task(striker.play(strikes, finished))
        watching = asyncio.create_task(_watch(teachers, cluster, progress, folder))
        teaching = asyncio.create_task(teachers.run(plan.generations, plan.questions, plan.at_once))
        marking = asyncio.create_task(_carry_over(striker, teachers))
        stuck: list[str] = []
        await asyncio.wait({teaching, watching}, return_when=asyncio.FIRST_COMPLETED)
        if not teaching.done():
            stuck.append(await watching)
        finished.set()
        await playing
        await asyncio.to_thread(cluster.recovered)
        recovered = time.monotonic()
        for task in (watching, marking, teaching):
            if not task.done():
                task.cancel()
        await asyncio.gather(watching, marking, return_exceptions=True)
        if teaching.done():
            await teaching
        client = await connect(cluster.settings())
        converged, untrue = await _converged(client, cluster, recovered)
        evidence = await gather(client, cluster.database_url, cluster.ledger)
        offences = await _judge(evidence, teachers, striker, cluster, content)
        offences["I1 every generation ends"] += stuck
        offences["I5 the mirror is true"] += untrue
        healed = recovery(evidence, striker.done)
        if healed.kills and healed.inside < plan.least_inside * healed.kills:
            offences["not vacuous"] = [f"only {healed.inside} of {healed.kills} kills struck a call"]
        figures = _figures(evidence, teachers, striker.done, healed, converged)
        figures["Temporal alive but serving nobody, started again"] = cluster.silences
        await teachers.close()
        return Result(
            plan,
            began,
            time.monotonic() - clock,
            offences,
            figures,
            [done.told() for done in striker.done],
            progress,
        )
    finally:
        await asyncio.to_thread(cluster.__exit__, None, None, None)


async def _carry_over(striker: Striker, teachers: Teachers) -> None:
    """Tell the teachers what operators cancelled: they do not resume it."""
    while True:
        for one in teachers.generations:
            if one.workflow_id in striker.cancelled:
                one.cancelled = True
        await asyncio.sleep(0.2)


async def _watch(teachers: Teachers, cluster: Cluster, progress: list[tuple[float, int]], folder: Path) -> str:
    """Note progress; return when there was none for long, with everything that can explain it in the folder."""
    began = changed = time.monotonic()
    last = (-1, -1)
    while True:
        done = sum(one.completed for one in teachers.generations)
        size = cluster.ledger.stat().st_size if cluster.ledger.exists() else 0
        now = time.monotonic()
        progress.append((round(now - began, 1), done))
        if (done, size) != last:
            last, changed = (done, size), now
        elif now - changed > STUCK:
            return f"no progress for {STUCK:.0f} s; see {await _dump(teachers, cluster, folder)}"
        await asyncio.sleep(1)


async def _dump(teachers: Teachers, cluster: Cluster, folder: Path) -> Path:
    """describe(), rows and stacks of what is stuck."""
    target = folder / "stuck"
    target.mkdir(exist_ok=True)
    for workflow_id in teachers.open()[:10]:
        for command in ("describe", "show"):
            process = await asyncio.create_subprocess_exec(
                str(cluster.cli), "workflow", command, "-w", workflow_id, "-o", "json",
                "--address", cluster.temporal_address, "--command-timeout", "10s",
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            )  # fmt: skip
            out, _ = await process.communicate()
            (target / f"{workflow_id}.{command}.json").write_bytes(out)
    with contextlib.suppress(psycopg.Error), psycopg.connect(cluster.database_url) as connection:
        rows = connection.execute("SELECT workflow_id, status, run_id, sequence, state_data::text FROM workflow_state")
        (target / "rows.txt").write_text("\n".join(map(str, rows)))
    (target / "processes.txt").write_text(
        "\n".join(f"{one.name} {one.mark} held={one.held} frozen={one.frozen}" for one in cluster.processes.values())
    )
    return target


async def _converged(client: Client, cluster: Cluster, since: float) -> tuple[float, list[str]]:
    """Seconds after recovery until each row says what Temporal says; and what does not within the bound."""
    while True:
        evidence = await gather_states(client, cluster)
        untrue = judge.the_mirror_tells_the_truth(evidence)
        passed = time.monotonic() - since
        if not untrue or passed > CONVERGED:
            return passed, untrue
        await asyncio.sleep(0.2)


async def gather_states(client: Client, cluster: Cluster) -> Evidence:
    """Only what the mirror is compared by."""
    executions = [execution async for execution in client.list_workflows()]
    with psycopg.connect(cluster.database_url, row_factory=psycopg.rows.dict_row) as connection:
        states = connection.execute("SELECT workflow_id, status FROM workflow_state").fetchall()
    return Evidence([], executions, [], states, [], [], [])


async def _judge(
    evidence: Evidence, teachers: Teachers, striker: Striker, cluster: Cluster, content: str
) -> dict[str, list[str]]:
    generations, strikes = teachers.generations, striker.done
    password = cluster.database_url.split(":")[2].partition("@")[0]
    return {
        "I1 every generation ends": judge.every_generation_ended(generations, striker.cancelled),
        "I2 every question once": judge.every_question_is_there_once(evidence, generations, content),
        "I3 no completed step again": judge.no_completed_step_is_called_again(evidence),
        "I4 paid twice only in flight": judge.paid_twice_only_in_flight(evidence, strikes),
        "I5 the mirror is true": [
            *judge.the_mirror_counts_its_questions(evidence),
            *judge.the_mirror_never_goes_back(evidence),
        ],
        "I6 nothing accepted is lost": judge.nothing_accepted_is_lost(evidence, generations, teachers.answers),
        "I7 a pause is a pause": judge.a_pause_is_a_pause(evidence, generations, strikes),
        "I8 every history replays": await judge.every_history_replays(evidence),
        "I9 nothing secret is told": judge.nothing_secret_is_told(
            evidence, cluster.home.logs, [cluster.secret, password]
        ),
        "I10 histories stay small": judge.histories_stay_small(evidence),
    }


def _figures(
    evidence: Evidence, teachers: Teachers, strikes: Sequence[Done], healed: Recovery, converged: float
) -> dict[str, Any]:
    outcomes = [line.outcome for line in evidence.lines]
    generations = teachers.generations
    twice = judge.paid_twice(evidence)
    struck = [done for done in strikes if done.hit]
    events = sorted(len(history.events) for history in evidence.histories)
    sizes = [judge.size_of(history) for history in evidence.histories]
    return {
        "generations": len(generations),
        "completed": sum(one.status == "completed" for one in generations),
        "cancelled on request": sum(one.status == "cancelled" for one in generations),
        "lost": sum(one.status not in ("completed", "cancelled") for one in generations),
        "questions": len(evidence.questions),
        "questions twice": len(evidence.questions) - len({(q["workflow_id"], q["slot"]) for q in evidence.questions}),
        "kills of workers": healed.kills,
        "kills that struck a call": healed.inside,
        "faults of every kind": dict(sorted(Counter(done.strike.kind for done in struck).items())),
        "steps completed in history": len(evidence.completions),
        "calls answered": outcomes.count("answered"),
        "calls paid twice": sum(len(lines) - 1 for lines in twice),
        "calls cut off": outcomes.count("client_gone"),
        "calls of completed steps": len(judge.no_completed_step_is_called_again(evidence)),
        "resumed by teachers": sum(one.resumes for one in generations),
        "pauses held": sum(len(one.pauses) for one in generations),
        "runs": len(evidence.histories),
        "largest history": f"{events[-1] if events else 0} events, {max(sizes, default=0)} bytes",
        "recovery after a kill, seconds": {
            "p50": healed.percentile(0.5),
            "p95": healed.percentile(0.95),
            "max": healed.percentile(1.0),
            "of": len(healed.seconds),
        },
        "mirror true again after the last fault, seconds": round(converged, 1),
        "answers of the API": dict(sorted(teachers.answers.by_status.items())),
    }


def machine() -> str:
    """Where it ran."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {system}"


def revision() -> str:
    """Of the code."""
    ran = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return ran.stdout.strip() or "unknown"


def as_json(result: Result) -> str:
    """The whole result."""
    return json.dumps(
        {
            "plan": asdict(result.plan),
            "began": result.began.isoformat(timespec="seconds"),
            "seconds": round(result.seconds, 1),
            "machine": machine(),
            "revision": revision(),
            "holds": result.holds,
            "offences": result.offences,
            "figures": result.figures,
            "progress": result.progress,
            "timeline": result.timeline,
        },
        indent=1,
        default=str,
    )


__all__ = ["Plan", "Result", "as_json", "machine", "read_ledger", "revision", "run"]
