"""A flaw says what to do, precisely enough for a model that sees nothing else."""

from dataclasses import replace

from domain.linter import Flaw, Severity, lint_item
from domain.question import Option, Question


def _only(question: Question) -> Flaw:
    (flaw,) = lint_item(question)
    return flaw


def test_detail_quotes_the_offending_option(clean_items: list[Question]) -> None:
    """The detail names the option by its text too: a model never sees positions."""
    item = clean_items[0]
    options = (*item.options[:3], Option("All of the above"))
    flaw = _only(replace(item, options=options))
    assert flaw == Flaw(
        "combined-options",
        Severity.ERROR,
        'Option 4 "All of the above" refers to other options; write a real answer instead.',
    )


def test_detail_names_the_echoed_word_as_it_stands(clean_items: list[Question]) -> None:
    """The echoed word is told whole, not as the stem it is compared by."""
    item = replace(clean_items[0], options=(Option("energy of animals"), *clean_items[0].options[1:]), key=0)
    assert '"animals"' in _only(item).detail
