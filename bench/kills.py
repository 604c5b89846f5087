"""The same kills for the service and its peers: `python -m bench.kills`. Prints a table; takes about ten minutes.

Each runs the same question graph with the same model, one after the other. Its process is killed with SIGKILL at the
same moments, counted from its start, and started again at once. The model's ledger, which none of them writes, tells
which calls were made twice; what each says it has tells what was lost or came twice. Exit code 1: one was given up, or
no kill struck a call of it.
"""

import argparse
import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

import psycopg

from bench.peers import dbos_transact, langgraph_postgres, notes, service
from bench.peers.figures import Outcome, table
from bench.peers.supervised import Fate, GivenUpError, beside, killed_until, moments
from bench.peers.witness import read, witness
from bench.peers.work import Work
from bench.world import Bench, bench

PEERS = {
    "LangGraph": ("LangGraph, AsyncPostgresSaver, sync", langgraph_postgres),
    "DBOS": ("DBOS Transact", dbos_transact),
    "service": ("this service", None),
}


@dataclass(frozen=True)
class _Plan:
    """What is asked for."""

    generations: int
    questions: int
    window: int
    kills: int
    between: tuple[float, float]
    latency: str
    seed: int
    limit: float
    logs: Path


def main() -> None:
    """Run all, and print."""
    asked = _asked()
    # Ends what was started also when somebody's `timeout` ends this.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    logs = asked.logs or Path(tempfile.mkdtemp(prefix="mcq-kills-"))
    logs.mkdir(parents=True, exist_ok=True)
    plan = _Plan(
        asked.generations, asked.questions, asked.window, asked.kills, (asked.between[0], asked.between[1]),
        asked.latency, asked.seed, asked.limit, logs,
    )  # fmt: skip
    load = os.getloadavg()[0]
    print(f"{plan.generations} generations of {plan.questions} questions, {plan.window} at once in each; ", end="")
    print(f"model {plan.latency} s; {plan.kills} kills, {plan.between[0]:g} to {plan.between[1]:g} s apart; ", end="")
    print(f"seed {plan.seed}; load {load:.1f} at the beginning; logs of the programs: {logs}", flush=True)
    outcomes = []
    with bench() as world:
        for one in asked.only or PEERS:
            try:
                outcomes.append(_run(world, plan, one))
                print(f"{one}: {json.dumps(outcomes[-1].figures(), ensure_ascii=False)}", flush=True)
            except GivenUpError as error:
                print(f"{one}: given up: {error}", file=sys.stderr, flush=True)
    print(f"\n{table(outcomes)}\n\nload at the end {os.getloadavg()[0]:.1f}")
    if asked.json:
        asked.json.write_text(json.dumps([outcome.details() for outcome in outcomes], indent=1, ensure_ascii=False))
    spared = [outcome.name for outcome in outcomes if not outcome.witness.struck]
    for name in spared:
        print(f"{name}: no kill struck a call, so this shows nothing of it; give it more to do", file=sys.stderr)
    sys.exit(bool(spared) or len(outcomes) < len(asked.only or PEERS))


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--generations", type=int, default=5)
    parser.add_argument("--questions", type=int, default=60, help="of each generation")
    parser.add_argument("--window", type=int, default=2, help="questions of one generation that are written at once")
    parser.add_argument("--kills", type=int, default=24)
    parser.add_argument("--between", type=float, nargs=2, default=(6.0, 10.0), help="seconds from a kill to the next")
    parser.add_argument("--latency", default="1-3", help="seconds that the model takes; at least 1")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=float, default=420.0, help="seconds after which one is given up")
    parser.add_argument("--only", nargs="*", choices=list(PEERS))
    parser.add_argument("--json", type=Path, help="write all figures here")
    parser.add_argument("--logs", type=Path, help="folder for logs and the ledger; a new one unless given")
    return parser.parse_args()


def _run(world: Bench, plan: _Plan, which: str) -> Outcome:
    """A model process for each, so that none meets what another left in its memory. Its ledger joins the logs."""
    name, module = PEERS[which]
    with world.process("demo-model", "--port", "0", DEMO_MODEL_LATENCY=plan.latency) as (_, url):
        work = Work(
            database_url=world.addresses.database_url,
            model_url=f"{url.removesuffix('/v1')}/v1",
            generations=[f"{uuid.uuid4().hex[:8]}-{number}" for number in range(plan.generations)],
            questions=plan.questions,
            window=plan.window,
            results=world.folder / f"{which}.json",
        )
        work, fate = _peer(plan, module, work) if module else _service(world, plan, work)
    ledger = plan.logs / f"{which}-ledger.jsonl"
    shutil.copyfile(world.folder / "home/demo-model/ledger.jsonl", ledger)
    seen = witness(read(ledger, work.generations), fate.kills)
    return Outcome(name, plan.generations * plan.questions, work.told() or {}, fate, seen)


def _peer(plan: _Plan, module: ModuleType, work: Work) -> tuple[Work, Fate]:
    database = f"peer_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(work.database_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {database}".encode())
    work = replace(work, database_url=f"{work.database_url.rpartition('/')[0]}/{database}")
    module.prepare(work.database_url)
    notes.prepare(work.database_url)
    command = [sys.executable, "-m", module.__name__, *work.arguments()]
    return work, _killed(plan, work, command, {}, module.__name__)


def _service(world: Bench, plan: _Plan, work: Work) -> tuple[Work, Fate]:
    work = replace(work, generations=asyncio.run(service.start(world, work)))
    environment = {**world.environment(), "OPENAI_BASE_URL": work.model_url}
    waiting = [sys.executable, "-m", "bench.peers.service", *work.arguments()]
    with beside(waiting, environment, plan.logs / "service-waiting.log"):
        return work, _killed(plan, work, [sys.executable, "-m", "cli", "worker"], environment, "worker")


def _killed(plan: _Plan, work: Work, command: list[str], environment: dict[str, str], name: str) -> Fate:
    schedule = moments(plan.seed, plan.kills, plan.between)
    log = plan.logs / f"{name}.log"
    return killed_until(work.results.exists, command, environment, schedule, log=log, limit=plan.limit)


if __name__ == "__main__":
    main()
