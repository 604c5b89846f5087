"""A result, for people and as JSON."""

import json
from collections import Counter
from dataclasses import asdict
from typing import Any

from tests.chaos.campaign import Result
from tests.chaos.figures import machine
from tests.chaos.schedule import MAY_BE_AWAY, OUTAGES

# Offences of one invariant that are told; the JSON has all.
MOST = 10


def as_text(result: Result) -> str:
    """Markdown."""
    plan = result.plan
    outages = f" of {', '.join(plan.outages_of)}" if OUTAGES in plan.faults and plan.outages_of != MAY_BE_AWAY else ""
    lines = [
        f"# Chaos, seed {plan.seed}: {result.verdict}",
        "",
        f"{result.began:%Y-%m-%d %H:%M} UTC, {result.seconds:.0f} s, revision {result.revision}; {machine()}.",
        f"{plan.generations} generations of {plan.questions} questions, {plan.at_once} at once, "
        f"{plan.workers} workers{' that do not see each other die' if plan.apart else ''}, model {plan.latency} s; "
        f"{'payloads encrypted; ' if plan.encrypted else ''}faults: {', '.join(plan.faults)}{outages}.",
        "",
        "| what | figure |",
        "| --- | --- |",
        *(f"| {what} | {_shown(figure)} |" for what, figure in result.figures.items()),
        "",
        "| invariant | against it |",
        "| --- | --- |",
        *(f"| {name} | {len(offences)} |" for name, offences in result.offences.items()),
    ]
    lines += ["", "## Timeline", "", "![Questions completed, and each fault](timeline.svg)", "", *_by_minute(result)]
    for name, offences in result.offences.items():
        if offences:
            lines += ["", f"## {name}", "", *(f"- {offence}" for offence in offences[:MOST])]
            lines += [f"- and {len(offences) - MOST} more"] if len(offences) > MOST else []
    return "\n".join(lines) + "\n"


def as_json(result: Result) -> str:
    """The whole result."""
    return json.dumps(
        {
            "plan": asdict(result.plan),
            "began": result.began.isoformat(timespec="seconds"),
            "seconds": round(result.seconds, 1),
            "machine": machine(),
            "revision": result.revision,
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


def _by_minute(result: Result) -> list[str]:
    """What was done and what struck in each minute; the JSON has every fault."""
    kinds = sorted({strike["kind"] for strike in result.timeline})
    done: dict[int, int] = {}
    for second, questions in result.progress:
        done[int(second // 60)] = questions
    struck = Counter((int(strike["at"] // 60), strike["kind"]) for strike in result.timeline if strike["hit"])
    rows = [
        f"| {minute} | {questions} | " + " | ".join(str(struck[minute, kind]) for kind in kinds) + " |"
        for minute, questions in done.items()
    ]
    return [
        f"| minute | questions completed by its end | {' | '.join(kinds)} |",
        "| --- " * (len(kinds) + 2) + "|",
        *rows,
    ]


def _shown(figure: Any) -> str:
    if isinstance(figure, dict):
        return ", ".join(f"{name} {_shown(value)}" for name, value in figure.items())
    return f"{figure:.1f}" if isinstance(figure, float) else str(figure)
