"""The gate every question passes: item-writing rules that code can check, each with its name, source and a test.

Pure and fast, so that it can run inside a workflow: no I/O, no clock, no randomness.
"""

from collections.abc import Iterable

from domain.linter.flaw import Flaw, Reading, Rule, Severity
from domain.linter.grounding import GROUNDING_RULES, lint_grounding
from domain.linter.quotes import find_quote
from domain.linter.rules import ITEM_RULES
from domain.question import Question
from domain.similarity import near_duplicate

__all__ = [
    "GROUNDING_RULES",
    "ITEM_RULES",
    "Flaw",
    "Rule",
    "Severity",
    "duplicate_flaw",
    "find_quote",
    "lint_grounding",
    "lint_item",
    "near_duplicate",
    "needs_revision",
]

# One warning is a matter of taste, two are a reason to ask again; but only once, or a slot could turn in circles.
_WARNINGS_TO_REVISE = 2


def lint_item(question: Question) -> list[Flaw]:
    """The flaws that can be seen in the question alone, in the order of `ITEM_RULES`. Never raises."""
    reading = Reading(question)
    return [flaw for rule in ITEM_RULES for flaw in rule.flaws(reading)]


def duplicate_flaw(other: str) -> Flaw:
    """The flaw of a question whose stem is nearly that of `other`, another question of the quiz (ours)."""
    return Flaw("near-duplicate", Severity.ERROR, f'The quiz already asks "{other}"; ask about something else.')


def needs_revision(flaws: Iterable[Flaw], revised_for_warnings: bool) -> bool:
    """Whether the question goes back to the model: for any error; for two or more warnings, but only once."""
    severities = [flaw.severity for flaw in flaws]
    if Severity.ERROR in severities:
        return True
    return not revised_for_warnings and severities.count(Severity.WARNING) >= _WARNINGS_TO_REVISE
