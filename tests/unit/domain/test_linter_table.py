"""The table of rules is complete and tells what each rule is."""

from domain.linter import GROUNDING_RULES, ITEM_RULES, Rule, Severity
from domain.linter.grounding import GroundingRule

RULES: list[Rule | GroundingRule] = [*ITEM_RULES, *GROUNDING_RULES]

# The table of the quality guide. A rule that is added or whose severity changes is a decision, made here too.
EXPECTED = {
    "option-count": Severity.ERROR,
    "one-key": Severity.ERROR,
    "options-differ": Severity.ERROR,
    "combined-options": Severity.ERROR,
    "question-form": Severity.ERROR,
    "source-reference": Severity.ERROR,
    "quote-verbatim": Severity.ERROR,
    "options-alike": Severity.WARNING,
    "key-longest": Severity.WARNING,
    "key-echo": Severity.WARNING,
    "article-cue": Severity.WARNING,
    "negative-stem": Severity.WARNING,
    "absolutes": Severity.WARNING,
    "blank-mid-stem": Severity.WARNING,
    "key-grounded": Severity.WARNING,
    "long-stem": Severity.INFO,
    "option-spread": Severity.INFO,
    "vague-frequency": Severity.INFO,
}


def test_every_rule_has_its_severity() -> None:
    """The rules and their severities are those of the quality guide, each name once."""
    assert {rule.name: rule.severity for rule in RULES} == EXPECTED
    assert len(RULES) == len(EXPECTED)


def test_every_rule_names_its_source_and_says_why() -> None:
    """A rule without a source and a reason is an opinion."""
    for rule in RULES:
        assert rule.source, rule.name
        assert (rule.check.__doc__ or "").strip(), rule.name
