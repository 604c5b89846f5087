"""One system's figures, and the table of all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.peers.supervised import Fate
from bench.peers.witness import Witness


@dataclass(frozen=True)
class Outcome:
    """What one system made of the work. `slots` is what it says it has."""

    name: str
    wanted: int
    slots: dict[str, list[int]]
    fate: Fate
    witness: Witness

    def figures(self) -> dict[str, Any]:
        """Under the names that the table has."""
        had = [(one, slot) for one, slots in self.slots.items() for slot in slots if slot >= 0]
        seen = self.witness
        return {
            "questions wanted": self.wanted,
            "delivered": len(set(had)),
            "lost": self.wanted - len(set(had)),
            "duplicated": len(had) - len(set(had)),
            "model calls expected": seen.steps,
            "model calls made": seen.made,
            "of these answered, so paid": seen.answered,
            "paid twice": len(seen.paid_twice),
            "paid twice, first answer ≥ 0.5 s old at the kill": seen.paid_again_though_kept,
            "kills": len(self.fate.kills),
            "kills that struck a call": seen.struck,
            "calls struck": len(seen.recoveries),
            "struck step answered after, s: p50 / p95 / max": spread(seen.recoveries),
            "any answer after a kill, s: p50 / p95 / max": spread(seen.back_at_work),
            "deaths of its own": self.fate.deaths,
            "whole time, s": round(self.fate.seconds, 1),
        }

    def details(self) -> dict[str, Any]:
        """All of it, for a file."""
        return {
            "name": self.name,
            "figures": self.figures(),
            "kills": [kill.isoformat() for kill in self.fate.kills],
            "paid_twice_ages": [round(age, 3) for age in sorted(self.witness.paid_twice)],
            "recoveries": [round(seconds, 3) for seconds in sorted(self.witness.recoveries)],
            "back_at_work": [round(seconds, 3) for seconds in sorted(self.witness.back_at_work)],
        }


def table(outcomes: Sequence[Outcome]) -> str:
    """Markdown: a row a figure, a column a system."""
    columns = [outcome.figures() for outcome in outcomes]
    lines = [_line(["", *(outcome.name for outcome in outcomes)]), _line(["---"] * (len(outcomes) + 1))]
    lines += [_line([name, *(str(column[name]) for column in columns)]) for name in (columns[0] if columns else [])]
    return "\n".join(lines)


def spread(seconds: Sequence[float]) -> str:
    """p50 / p95 / max."""
    ordered = sorted(seconds)
    if not ordered:
        return "-"
    return " / ".join(f"{ordered[int((len(ordered) - 1) * share)]:.1f}" for share in (0.5, 0.95, 1.0))


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
