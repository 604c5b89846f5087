"""Whether an answer becomes the question of its slot: accepted, sent back with the exact problems, or given up."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from domain.linter.flaw import Severity
from workflows.messages import QuestionState
from workflows.question_graph import ACCEPTED, GIVEN_UP, REVISE

# One warning is a matter of taste; two are a reason to ask again, once.
WARNINGS_TO_REVISE = 2


@dataclass(frozen=True)
class Judgement:
    """`answer` is what was accepted: the last one, or the spare one that its revision made worse."""

    verdict: str
    problems: list[str] = field(default_factory=list)
    answer: dict[str, Any] | None = None
    spare: dict[str, Any] | None = None


def judge(state: QuestionState, duplicate_of: Callable[[str], str | None]) -> Judgement:
    """Decide from the flaws that the activity recorded and from the other questions of the quiz."""
    errors, warnings = _problems(state, duplicate_of)
    spare = state["spare"]
    if spare is not None and duplicate_of(spare["stem"]):
        spare = None  # another slot asked it meanwhile
    can_retry = state["retries_left"] > 0
    if errors:
        if spare is not None:
            return Judgement(ACCEPTED, answer=spare)
        return Judgement(REVISE if can_retry else GIVEN_UP, problems=errors + warnings)
    answer = _summary(state, len(warnings))
    if len(warnings) < WARNINGS_TO_REVISE:
        return Judgement(ACCEPTED, answer=answer)
    if spare is not None:
        return Judgement(ACCEPTED, answer=min(spare, answer, key=lambda one: int(one["warnings"])))
    if not can_retry:
        return Judgement(ACCEPTED, answer=answer)
    return Judgement(REVISE, problems=warnings, spare=answer)


def _problems(state: QuestionState, duplicate_of: Callable[[str], str | None]) -> tuple[list[str], list[str]]:
    question = state["question"]
    if question is None:
        return [state["unusable"] or "the answer could not be read"], []
    errors = [flaw["detail"] for flaw in state["flaws"] if flaw["severity"] == Severity.ERROR]
    warnings = [flaw["detail"] for flaw in state["flaws"] if flaw["severity"] == Severity.WARNING]
    if (other := duplicate_of(question["stem"])) is not None:
        errors.append(f'The quiz already asks "{other}"; ask about something else.')
    return errors, warnings


def _summary(state: QuestionState, warnings: int) -> dict[str, Any]:
    """What is remembered of an answer: where it is stored, and its stem."""
    question = state["question"]
    assert question is not None  # noqa: S101 - an unusable answer has errors
    return {
        "stem": question["stem"],
        "step": state["step"],
        "attempt": state["attempt"] - 1,  # the state counts the next one
        "warnings": warnings,
    }
