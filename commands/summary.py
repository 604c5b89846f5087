"""What `mcq generate` says at its end: the numbers, the linter's report, and what the user can do now."""

from dataclasses import asdict
from pathlib import Path

from rich.table import Table

from commands.display import duration, money
from commands.exit_codes import Exit
from commands.report import SetReport
from domain.statuses import Status
from service.status import GenerationStatus


def as_json(
    status: GenerationStatus, report: SetReport, out: Path, seconds: float, web_ui: str | None
) -> dict[str, object]:
    """The one JSON document of `--json`. `seconds` is the time of this command, not of the generation."""
    return {
        "workflow_id": status.workflow_id,
        "quiz_id": str(status.quiz_id),
        "status": str(status.status),
        "error": status.error,
        "completed": status.completed,
        "total": status.total,
        "calls": status.calls,
        "revised": status.revised,
        "rejected": status.rejected,
        "prompt_tokens": status.prompt_tokens,
        "completion_tokens": status.completion_tokens,
        "cost": status.cost,
        "seconds": round(seconds, 2),
        "out": str(out),
        "temporal_ui": web_ui,
        "linter": asdict(report),
    }


def table(status: GenerationStatus, report: SetReport, out: Path, seconds: float) -> Table:
    """The same for a person."""
    rows = Table(show_header=False, box=None, padding=(0, 2, 0, 0))

    def spread(counts: dict[str, int] | dict[int, int]) -> str:
        return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"

    share = f" ({100 * report.without_flaw / report.questions:.0f} %)" if report.questions else ""
    rows.add_row("questions", f"{status.completed} of {status.total}, {status.status}, in {duration(seconds)}")
    rows.add_row("file", str(out))
    rows.add_row("without any flaw", f"{report.without_flaw}{share}")
    rows.add_row("flaws kept", spread(report.flaws))
    rows.add_row("key positions", spread({f"{chr(65 + key)}": count for key, count in report.key_positions.items()}))
    rows.add_row("difficulty", spread(report.difficulty))
    rows.add_row("Bloom level", spread(report.bloom))
    rows.add_row("model calls", f"{status.calls} ({status.revised} sent back, {status.rejected} rejected)")
    rows.add_row("tokens", f"{status.prompt_tokens:,} in, {status.completion_tokens:,} out, {money(status.cost)}")
    return rows


def next_step(code: Exit, status: GenerationStatus, out: Path) -> str:
    """What the user can do now."""
    again = "run the same `mcq generate` again"
    match code:
        case Exit.OK:
            return f"Done: {status.completed} questions in {out}."
        case Exit.PAUSED:
            return f"Paused: {status.error}. Mend it, then {again}, or: mcq resume {status.workflow_id}"
        case Exit.CANCELLED:
            return f"Cancelled; {status.completed} questions are kept. To go on: mcq resume {status.workflow_id}"
        case Exit.INTERRUPTED if status.status is Status.PAUSED:
            where = f"Paused at {status.completed} of {status.total}"
            return f"{where}. To go on, {again}, or: mcq resume {status.workflow_id}"
        case Exit.INTERRUPTED:
            return (
                f"The generation goes on in the background. To watch it, {again}. "
                f"To look: mcq status {status.workflow_id}. "
                f"To pause it: mcq pause {status.workflow_id}. To stop everything: mcq stop"
            )
        case _:
            return f"Ended early: {status.error}. To try again, {again}."
