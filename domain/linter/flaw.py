"""What the linter finds, and what a rule is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from domain.linter.combined import find_combined
from domain.question import Question
from domain.words import fold, words


class Severity(StrEnum):
    """What a flaw leads to."""

    # The question is sent back; it never reaches a teacher as it is.
    ERROR = "error"
    # Two of these send the question back, once; one is kept beside the question.
    WARNING = "warning"
    # Kept beside the question for the teacher to judge.
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Flaw:
    """One broken rule; `detail` is an instruction that a model or a teacher can follow without seeing the rule."""

    rule: str
    severity: Severity
    detail: str


@dataclass(frozen=True)
class Reading:
    """A question with its words taken apart once, so that twenty rules don't do it again."""

    question: Question

    @property
    def stem(self) -> str:
        """The stem as written."""
        return self.question.stem

    @cached_property
    def options(self) -> tuple[str, ...]:
        """The texts of the options as written."""
        return tuple(option.text for option in self.question.options)

    @cached_property
    def folded(self) -> tuple[str, ...]:
        """The options in the form in which equal means indistinguishable."""
        return tuple(fold(text) for text in self.options)

    @cached_property
    def option_words(self) -> tuple[list[str], ...]:
        """The words of each option, casefolded."""
        return tuple(words(text) for text in self.options)

    @cached_property
    def combined(self) -> tuple[int, ...]:
        """The places of options such as "all of the above"; their words are no absolutes, their flaw is another."""
        return find_combined(self.folded)

    @property
    def has_key(self) -> bool:
        """Whether the key names an option: the rules that compare key and distractors need one."""
        return 0 <= self.question.key < len(self.question.options)

    @cached_property
    def distractors(self) -> tuple[str, ...]:
        """The texts of the wrong options."""
        return tuple(text for index, text in enumerate(self.options) if index != self.question.key)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule in the table: `check` yields one detail for each place that breaks it.

    `source`: H = Haladyna, Downing & Rodriguez 2002; N = NBME item-writing guide 2020; S = SAQUET (Moore et al. 2023);
    ours = a need of this product.
    """

    name: str
    severity: Severity
    source: str
    check: Callable[[Reading], Iterator[str]]

    def flaws(self, reading: Reading) -> Iterator[Flaw]:
        """The flaws that this rule finds."""
        for detail in self.check(reading):
            yield Flaw(self.name, self.severity, detail)


def label(reading: Reading, index: int) -> str:
    """How a detail names an option: by place for a teacher, by text for a model, which never sees places."""
    text = " ".join(reading.options[index].split())
    return f'Option {index + 1} "{text if len(text) <= 80 else text[:79] + "…"}"'
