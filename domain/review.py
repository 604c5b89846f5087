"""What a teacher does with a question: judge it, or change it."""

from dataclasses import dataclass, replace
from enum import StrEnum

from domain.linter import lint_grounding, lint_item
from domain.question import Option, Question
from domain.words import fold


class ReviewStatus(StrEnum):
    """What a person said of a question."""

    # Nobody has judged it as it is now.
    UNREVIEWED = "unreviewed"
    # It is to be used.
    APPROVED = "approved"
    # It is not to be used; there is a reason.
    REJECTED = "rejected"
    # Another question was asked for in its place and exists; lists show it only when asked to.
    REPLACED = "replaced"


class RejectionReason(StrEnum):
    """Why a question is not to be used."""

    # The option marked as right is wrong, or another one is right too.
    INCORRECT_ANSWER = "incorrect_answer"
    # Right, but unclear, clumsy or misleading.
    POOR_WORDING = "poor_wording"
    # About something that the course does not teach.
    IRRELEVANT_CONTENT = "irrelevant_content"
    # Another question asks the same.
    DUPLICATE = "duplicate"
    # Everybody would get it right.
    TOO_EASY = "too_easy"
    # Hardly anybody could get it right.
    TOO_HARD = "too_hard"
    # Good, but there are as many questions as are needed.
    QUOTA_REACHED = "quota_reached"
    # Good, but its topic has enough questions, or others need them more.
    TOPIC_COVERAGE = "topic_coverage"
    # What the comment says.
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Decision:
    """A judgement; what an earlier one said is gone with it."""

    status: ReviewStatus
    reason: RejectionReason | None = None
    comment: str | None = None


class InvalidEdit(Exception):
    """An edit that would make no question; `problems` are (where, what), e.g. (("options", 1, "text"), "…")."""

    def __init__(self, problems: list[tuple[tuple[str | int, ...], str]]) -> None:
        super().__init__("; ".join(message for _, message in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Edit:
    """What is to be different; what is None stays."""

    stem: str | None = None
    options: tuple[Option, ...] | None = None
    key: int | None = None
    explanation: str | None = None
    difficulty: str | None = None
    bloom: str | None = None

    def apply(self, question: Question) -> Question:
        """The question with the edit; equal to what it was when nothing is different. Raises InvalidEdit.

        Only what the edit touches is checked: a teacher must be able to mend the stem of a question whose options are
        not as we would write them.
        """
        after = replace(
            question,
            stem=question.stem if self.stem is None else self.stem,
            options=question.options if self.options is None else self.options,
            key=question.key if self.key is None else self.key,
            explanation=question.explanation if self.explanation is None else self.explanation,
            difficulty=question.difficulty if self.difficulty is None else self.difficulty,
            bloom=question.bloom if self.bloom is None else self.bloom,
        )
        if self.options is None and self.key is None:
            return after
        problems = _repeated(self.options or ())
        if not 0 <= after.key < len(after.options):
            problems.append((("key",), f"the key {after.key} names none of the {len(after.options)} options"))
        if problems:
            raise InvalidEdit(problems)
        return replace(after, options=_without_reason_at(after.options, after.key))


def keeps_review(before: Question, after: Question) -> bool:
    """Whether a judgement of the question before an edit holds after it.

    Difficulty and Bloom level are labels that students never see, and sorting approved questions by them is a
    teacher's daily work. Everything else is what was judged: a changed word can make a right answer wrong.
    """
    return replace(after, difficulty=before.difficulty, bloom=before.bloom) == before


def flaws_of(question: Question, chunk_text: str | None) -> list[str]:
    """The names of the rules that a question breaks; those that need the chunk are silent when it is gone."""
    flaws = lint_item(question)
    if chunk_text is not None:
        flaws += lint_grounding(question, chunk_text)
    return [flaw.rule for flaw in flaws]


def _repeated(options: tuple[Option, ...]) -> list[tuple[tuple[str | int, ...], str]]:
    """The options that a reader could not tell from an earlier one, as the linter has it."""
    seen: dict[str, int] = {}
    problems: list[tuple[tuple[str | int, ...], str]] = []
    for index, option in enumerate(options):
        first = seen.setdefault(fold(option.text), index)
        if first != index:
            problems.append((("options", index, "text"), f"it repeats option {first + 1}; options must differ"))
    return problems


def _without_reason_at(options: tuple[Option, ...], key: int) -> tuple[Option, ...]:
    """A right option has no reason for being wrong, also when it was a wrong one until now."""
    return tuple(Option(option.text) if index == key else option for index, option in enumerate(options))
