"""Whether an answer becomes the question of its slot."""

from typing import Any

from domain.linter.flaw import Severity
from workflows.judgement import Judgement, judge
from workflows.messages import QuestionState
from workflows.question_graph import ACCEPTED, GIVEN_UP, REVISE

STEM = "What does a ribosome make?"
SPARE = {"stem": "What is a ribosome?", "step": "draft", "attempt": 0, "warnings": 2}


def _state(
    *,
    errors: int = 0,
    warnings: int = 0,
    infos: int = 0,
    retries_left: int = 2,
    step: str = "draft",
    attempt: int = 1,
    **changes: Any,
) -> QuestionState:
    flaws = [
        {"rule": f"{severity}-{n}", "severity": severity, "detail": f"{severity} {n}"}
        for severity, count in ((Severity.ERROR, errors), (Severity.WARNING, warnings), (Severity.INFO, infos))
        for n in range(count)
    ]
    state: dict[str, Any] = {
        "slot": 4,
        "step": step,
        "attempt": attempt,
        "question": {"stem": STEM},
        "flaws": flaws,
        "unusable": None,
        "spare": None,
        "retries_left": retries_left,
        **changes,
    }
    return state  # type: ignore[return-value]


def _no_other(_stem: str) -> str | None:
    return None


def _answer(warnings: int = 0, *, step: str = "draft", attempt: int = 0) -> dict[str, Any]:
    return {"stem": STEM, "step": step, "attempt": attempt, "warnings": warnings}


def test_a_clean_answer_is_accepted() -> None:
    """It is remembered by the place where it is stored: the state counts the next answer, so one less."""
    assert judge(_state(step="revise", attempt=3), _no_other) == Judgement(
        ACCEPTED, answer=_answer(step="revise", attempt=2)
    )


def test_one_warning_and_any_number_of_notes_are_accepted() -> None:
    """One warning is a matter of taste."""
    assert judge(_state(warnings=1, infos=5), _no_other) == Judgement(ACCEPTED, answer=_answer(1))


def test_two_warnings_are_sent_back_once() -> None:
    """The answer is kept as a spare while the model tries again."""
    assert judge(_state(warnings=2), _no_other) == Judgement(
        REVISE, problems=["warning 0", "warning 1"], spare=_answer(2)
    )


def test_an_error_is_sent_back_with_every_problem() -> None:
    """Errors first, then warnings; notes are the teacher's business."""
    verdict = judge(_state(errors=1, warnings=2, infos=1), _no_other)
    assert verdict == Judgement(REVISE, problems=["error 0", "warning 0", "warning 1"])


def test_without_a_retry_left_an_error_gives_up() -> None:
    """A question with an error never reaches a teacher."""
    assert judge(_state(errors=1, retries_left=0), _no_other) == Judgement(GIVEN_UP, problems=["error 0"])


def test_without_a_retry_left_warnings_are_accepted() -> None:
    """Warnings alone never cost a question."""
    assert judge(_state(warnings=3, retries_left=0), _no_other) == Judgement(ACCEPTED, answer=_answer(3))


def test_an_answer_that_could_not_be_read_is_sent_back_with_the_reason() -> None:
    """The model is told what was wrong with its answer."""
    state = _state(question=None, unusable="stem: Field required")
    assert judge(state, _no_other) == Judgement(REVISE, problems=["stem: Field required"])
    without_reason = judge(_state(question=None), _no_other)
    assert without_reason.verdict == REVISE and without_reason.problems != [""]


def test_a_duplicate_is_an_error_that_names_the_other_question() -> None:
    """However clean it is, the same thing is not asked twice."""
    judgement = judge(_state(), lambda stem: "What do ribosomes make?" if stem == STEM else None)
    assert judgement.verdict == REVISE and judgement.answer is None
    assert "What do ribosomes make?" in judgement.problems[0]


def test_the_spare_is_kept_when_its_revision_has_an_error() -> None:
    """A revision may be worse than what it was to mend."""
    assert judge(_state(errors=1, spare=SPARE), _no_other) == Judgement(ACCEPTED, answer=SPARE)


def test_the_spare_is_kept_when_its_revision_cannot_be_read() -> None:
    """The same when the revision is no question at all."""
    assert judge(_state(question=None, unusable="no", spare=SPARE), _no_other) == Judgement(ACCEPTED, answer=SPARE)


def test_the_better_of_spare_and_revision_is_kept() -> None:
    """Fewer warnings win; of equals the first, which cost nothing more."""
    assert judge(_state(warnings=3, spare=SPARE), _no_other).answer == SPARE
    assert judge(_state(warnings=2, spare=SPARE), _no_other).answer == SPARE
    worse_spare = {**SPARE, "warnings": 4}
    assert judge(_state(warnings=3, spare=worse_spare), _no_other).answer == _answer(3)


def test_a_revision_that_mends_all_replaces_the_spare() -> None:
    """What was sent back came back clean."""
    assert judge(_state(spare=SPARE, step="revise", attempt=2), _no_other) == Judgement(
        ACCEPTED, answer=_answer(step="revise", attempt=1)
    )


def test_a_spare_that_another_slot_asked_meanwhile_is_dropped() -> None:
    """Slots are written at once: the spare was no duplicate when it was put aside."""

    def duplicate_of(stem: str) -> str | None:
        return stem if stem == SPARE["stem"] else None

    assert judge(_state(errors=1, spare=SPARE), duplicate_of).verdict == REVISE
    assert judge(_state(errors=1, spare=SPARE, retries_left=0), duplicate_of).verdict == GIVEN_UP
