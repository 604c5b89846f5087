"""`python -m tests.chaos`: a campaign of faults against the whole real stack, and what came of it."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.chaos.campaign import run
from tests.chaos.cluster import names_of_workers
from tests.chaos.picture import draw
from tests.chaos.plan import Plan
from tests.chaos.report import as_json, as_text
from tests.chaos.schedule import ALL, MAY_BE_AWAY


def options() -> argparse.ArgumentParser:
    """What can be asked for."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--generations", type=int, default=500, help="at least; more until the faults are over")
    parser.add_argument("--questions", type=int, default=14, help="of each generation")
    parser.add_argument("--kills", type=int, default=1000, help="SIGKILL of workers")
    parser.add_argument("--minutes", type=float, default=25, help="over which the faults are spread")
    parser.add_argument("--faults", default="kills", help=f"comma-separated, or all: {', '.join(ALL)}")
    parser.add_argument("--outages-of", default=",".join(MAY_BE_AWAY), help="which servers go away; these are all")
    parser.add_argument("--at-once", type=int, default=24, help="generations at once")
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--apart", action="store_true", help="workers in folders of their own, as containers have")
    parser.add_argument("--encrypted", action="store_true", help="with PAYLOAD_KEYS set")
    parser.add_argument("--latency", default="0.5-1.5", help="seconds that the model takes")
    parser.add_argument("--longest-run", type=int, default=50, help="events after which a run hands over")
    parser.add_argument("--out", type=Path, default=None, help="folder of the reports; a temporary one when left out")
    return parser


def _named(parser: argparse.ArgumentParser, names: str, known: Sequence[str], otherwise: str) -> tuple[str, ...]:
    """Each once, in the order in which they are known."""
    asked = set(names.split(","))
    if unknown := asked - set(known):
        parser.error(f"{otherwise}: {', '.join(sorted(unknown))}; known: {', '.join(known)}")
    return tuple(name for name in known if name in asked)


def main() -> int:
    """Exit code 0 when every invariant holds."""
    parser = options()
    asked = parser.parse_args()
    kinds = ALL if asked.faults == "all" else _named(parser, asked.faults, ALL, "unknown faults")
    outages_of = _named(parser, asked.outages_of, MAY_BE_AWAY, "these cannot go away")
    plan = Plan(
        seed=asked.seed,
        generations=asked.generations,
        questions=asked.questions,
        kills=asked.kills,
        seconds=asked.minutes * 60,
        faults=kinds,
        outages_of=outages_of,
        at_once=asked.at_once,
        workers=asked.workers,
        latency=asked.latency,
        longest_run=asked.longest_run,
        apart=asked.apart,
        encrypted=asked.encrypted,
    )
    try:  # a pure function: what cannot be is told before anything is started
        plan.strikes(names_of_workers(plan.workers))
    except ValueError as error:
        parser.error(str(error))
    folder = asked.out or Path(tempfile.mkdtemp(prefix="mcq-chaos-"))
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        parser.error(f"{folder} is not empty")
    folder.chmod(0o711)  # PostgreSQL's system user passes
    result = asyncio.run(run(plan, folder))
    (folder / "report.json").write_text(as_json(result))
    (folder / "report.md").write_text(as_text(result))
    (folder / "timeline.svg").write_text(draw(result))
    print(as_text(result))
    print(f"Reports, logs and data: {folder}")
    return 0 if result.holds else 1


if __name__ == "__main__":
    sys.exit(main())
