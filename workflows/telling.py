"""How a generation tells where it stands: to the mirror, to a query, to the Web UI, and at its end."""

from typing import Any

from workflows.messages import GenerationOptions, GenerationResult, Progress, Snapshot
from workflows.state import GenerationState, ranges


def progress(options: GenerationOptions, state: GenerationState, in_flight: int) -> Progress:
    """The answer of the `progress` query."""
    return Progress(**_standing(options, state, in_flight), window=options.window, sequence=state.sequence)


def snapshot(options: GenerationOptions, state: GenerationState, in_flight: int) -> Snapshot:
    """What the mirror stores."""
    return Snapshot(
        **_standing(options, state, in_flight),
        sequence=state.sequence,
        slots=ranges(sorted(state.done)),
        questions=list(state.unmirrored),
    )


def details(options: GenerationOptions, state: GenerationState) -> str:
    """What the Web UI shows of a run, in Markdown."""
    lines = [
        f"**{len(state.done)} of {options.question_count} questions** · {state.status} · {state.phase}",
        f"- answers: {state.calls}, sent back {state.revised}, rejected {state.rejected}",
        f"- tokens: {state.prompt_tokens:,} in, {state.completion_tokens:,} out",
    ]
    if state.reason:
        lines.append(f"- reason: {state.reason}")
    return "\n".join(lines)


def result(state: GenerationState) -> GenerationResult:
    """What a completed run returns."""
    return GenerationResult(questions=len(state.done), **_counts(state))


def _standing(options: GenerationOptions, state: GenerationState, in_flight: int) -> dict[str, Any]:
    return {
        "status": state.status,
        "current_node": state.phase,
        "total": options.question_count,
        "completed": len(state.done),
        "in_flight": in_flight,
        "reason": state.reason,
        **_counts(state),
    }


def _counts(state: GenerationState) -> dict[str, Any]:
    return {
        "calls": state.calls,
        "revised": state.revised,
        "rejected": state.rejected,
        "prompt_tokens": state.prompt_tokens,
        "completion_tokens": state.completion_tokens,
        "cost": state.cost,
    }
