"""The gate every question passes: item-writing rules that code can check, each with its name, source and a test.

Pure and fast, so that it can run inside a workflow: no I/O, no clock, no randomness.
"""

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
    "find_quote",
    "lint_grounding",
    "lint_item",
    "near_duplicate",
]


def lint_item(question: Question) -> list[Flaw]:
    """The flaws that can be seen in the question alone, in the order of `ITEM_RULES`. Never raises."""
    reading = Reading(question)
    return [flaw for rule in ITEM_RULES for flaw in rule.flaws(reading)]
