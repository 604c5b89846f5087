"""The same kills for the service and its peers: `python -m bench.kills`. Prints a table; takes about ten minutes.

Each runs the same work on the same PostgreSQL and the same model, one after the other. Its process is killed with
SIGKILL at the same moments, counted from its start, and started again at once. The model's ledger, which none of them
writes, tells which calls were made twice; what each says it has tells what was lost or came twice.
"""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import psycopg

from bench.peers import service
from bench.peers.work import Work
from bench.world import ROOT, Bench, bench
from storage.migrate import migrate

# Seconds that the model takes.
LATENCY = "0.5-1.5"
# Seconds between two kills: a process gets to work before the next.
BETWEEN = (4.0, 10.0)
GIVEN_UP = 900.0


@dataclass
class Outcome:
    """What one of them made of it."""

    name: str
    kills: int = 0
    seconds: float = 0.0
    slots: dict[str, list[int]] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    recoveries: list[float] = field(default_factory=list)
    moments: list[datetime] = field(default_factory=list)

    def row(self, wanted: int) -> str:
        """A line of the table."""
        had = [slot for slots in self.slots.values() for slot in slots if slot >= 0]
        different = {(one, slot) for one, slots in self.slots.items() for slot in slots if slot >= 0}
        twice = sum(count - 1 for count in self.calls.values())
        ordered = sorted(self.recoveries)
        late = f"{ordered[len(ordered) // 2]:.1f} / {ordered[-1]:.1f}" if ordered else "-"
        lost, doubled = wanted - len(different), len(had) - len(different)
        return f"| {self.name} | {self.kills} | {lost} | {doubled} | {twice} | {late} | {self.seconds:.0f} |"


def main() -> None:
    """Run all, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--generations", type=int, default=6)
    parser.add_argument("--questions", type=int, default=25)
    parser.add_argument("--kills", type=int, default=15)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    wanted = asked.generations * asked.questions
    print(f"{asked.generations} generations of {asked.questions}, model {LATENCY} s, seed {asked.seed}", flush=True)
    print("| | kills | lost | twice | calls paid twice | taken up again after, s: p50 / max | whole, s |")
    print("| --- | --- | --- | --- | --- | --- | --- |", flush=True)
    with bench() as world, world.process("demo-model", "--port", "0", DEMO_MODEL_LATENCY=LATENCY) as (_, url):
        work = Work("", f"{url}/v1" if not url.endswith("/v1") else url, [], asked.questions, Path())
        for name, module in (
            ("LangGraph, AsyncPostgresSaver, sync", "bench.peers.langgraph_postgres"),
            ("DBOS Transact", "bench.peers.dbos_transact"),
            ("this service", ""),
        ):
            moments = _moments(asked.seed, asked.kills)
            generations = [f"{uuid.uuid4().hex[:8]}-{number}" for number in range(asked.generations)]
            its = replace(work, generations=generations, results=world.folder / f"{uuid.uuid4().hex}.json")
            outcome = _peer(world, name, module, its, moments) if module else _service(world, name, its, moments)
            print(outcome.row(wanted), flush=True)


def _moments(seed: int, kills: int) -> Iterator[float]:
    draw, at = random.Random(seed), 0.0
    for _ in range(kills):
        at += draw.uniform(*BETWEEN)
        yield at


def _peer(world: Bench, name: str, module: str, work: Work, moments: Iterator[float]) -> Outcome:
    database = f"peer_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(world.addresses.database_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {database}".encode())
    work = replace(work, database_url=f"{world.addresses.database_url.rpartition('/')[0]}/{database}")
    command = [
        sys.executable, "-m", module, "--database-url", work.database_url, "--model-url", work.model_url,
        "--generations", ",".join(work.generations), "--questions", str(work.questions), "--results", str(work.results),
    ]  # fmt: skip
    outcome = Outcome(name)
    _killed_until(outcome, command, world, moments, work.results.exists)
    outcome.slots = json.loads(work.results.read_text())
    _witness(outcome, world, work.generations)
    return outcome


def _service(world: Bench, name: str, work: Work, moments: Iterator[float]) -> Outcome:
    work = replace(work, database_url=world.addresses.database_url)
    migrate(work.database_url)
    outcome = Outcome(name)
    workflow_ids = asyncio.run(service.start(world, work))
    waiting = subprocess.Popen(
        [sys.executable, "-c", _WAIT, work.database_url, ",".join(workflow_ids), str(work.results)], cwd=ROOT
    )
    command = [sys.executable, "-m", "cli", "worker"]
    _killed_until(outcome, command, world, moments, work.results.exists, OPENAI_BASE_URL=work.model_url)
    waiting.wait(30)
    outcome.slots = json.loads(work.results.read_text())
    _witness(outcome, world, workflow_ids)
    return outcome


# In a process of its own: reading must not wait for a loop that sleeps between kills.
_WAIT = """
import asyncio, sys
from pathlib import Path
from bench.peers import service
from bench.peers.work import Work
work = Work(sys.argv[1], "", [], 0, Path(sys.argv[3]))
work.tell(asyncio.run(service.wait(work, sys.argv[2].split(","))))
"""


def _killed_until(
    outcome: Outcome,
    command: list[str],
    world: Bench,
    moments: Iterator[float],
    done: Callable[[], bool],
    **changes: str,
) -> None:
    began = time.monotonic()
    environment = {**os.environ, **world.environment(), **changes}

    def start() -> "subprocess.Popen[bytes]":
        return subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)

    process, due = start(), next(moments, None)
    outcome_kills: list[datetime] = []
    while not done() and time.monotonic() - began < GIVEN_UP:
        if due is not None and time.monotonic() - began >= due:
            process.kill()
            process.wait()
            outcome_kills.append(datetime.now(UTC))
            process, due = start(), next(moments, None)
        elif process.poll() is not None and not done():
            process = start()
        time.sleep(0.02)
    outcome.seconds = time.monotonic() - began
    outcome.kills = len(outcome_kills)
    outcome.moments = outcome_kills
    process.terminate()
    process.wait(60)


def _witness(outcome: Outcome, world: Bench, generations: list[str]) -> None:
    lines = [json.loads(line) for line in (world.folder / "home/demo-model/ledger.jsonl").read_text().splitlines()]
    mine = [line for line in lines if line["request_id"].partition("/")[0] in generations]
    ends: dict[str, list[tuple[datetime, str]]] = {}
    for line in mine:
        step = line["request_id"].rpartition("/")[0]
        ends.setdefault(step, []).append((datetime.fromisoformat(line["time"]), line["outcome"]))
    outcome.calls = {step: sum(what == "answered" for _, what in calls) or 1 for step, calls in ends.items()}
    kills = outcome.moments
    for calls in ends.values():
        calls.sort()
        for (at, _), (again, _) in pairwise(calls):
            before = [kill for kill in kills if -0.5 < (at - kill).total_seconds() < 1.5]
            if before:
                outcome.recoveries.append((again - before[-1]).total_seconds())


if __name__ == "__main__":
    main()
