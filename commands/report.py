"""The linter's report on a set of questions, for the summary at the end."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.tables import QuestionRow


@dataclass(frozen=True)
class SetReport:
    """What can be said of a set of questions by rules."""

    questions: int
    without_flaw: int
    flaws: dict[str, int]
    key_positions: dict[int, int]
    difficulty: dict[str, int]
    bloom: dict[str, int]
    documents: dict[str, int]


def report_on(questions: "Sequence[QuestionRow]") -> SetReport:
    """Count flaws and spreads; most frequent first."""
    return SetReport(
        questions=len(questions),
        without_flaw=sum(not question.flaws for question in questions),
        flaws=dict(Counter(flaw for question in questions for flaw in question.flaws).most_common()),
        key_positions=dict(sorted(Counter(question.key for question in questions).items())),
        difficulty=dict(Counter(question.difficulty for question in questions).most_common()),
        bloom=dict(Counter(question.bloom for question in questions).most_common()),
        documents=dict(Counter(question.source["document"] for question in questions).most_common()),
    )
