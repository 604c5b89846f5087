"""Edits and judgements of a question, without a store."""

import pytest

from domain.question import Option, Question
from domain.review import Edit, InvalidEdit, RejectionReason, ReviewStatus, flaws_of, keeps_review

TEXT = "The mitochondrion makes most of the ATP that a cell needs for its work."
QUESTION = Question(
    stem="Which organelle makes most of a cell's ATP?",
    options=(
        Option("The mitochondrion"),
        Option("The ribosome", "It makes proteins."),
        Option("The nucleus", "It holds the genome."),
        Option("The vacuole", "It stores water."),
    ),
    key=0,
    explanation="Respiration happens there.",
    quote=TEXT,
    difficulty="easy",
    bloom="remember",
)


def test_an_empty_edit_changes_nothing() -> None:
    """What is left out stays."""
    assert Edit().apply(QUESTION) == QUESTION


def test_an_edit_says_what_is_different() -> None:
    """And nothing else is; the quote, which proves the answer, is not to be edited."""
    after = Edit(stem="Which?", explanation="So.", difficulty="hard", bloom="apply").apply(QUESTION)
    assert (after.stem, after.explanation, after.difficulty, after.bloom) == ("Which?", "So.", "hard", "apply")
    assert (after.options, after.key, after.quote) == (QUESTION.options, QUESTION.key, QUESTION.quote)


def test_the_key_has_no_reason_for_being_wrong() -> None:
    """Whether the key moves or an option comes with one."""
    assert Edit(key=2).apply(QUESTION).options[2] == Option("The nucleus")
    options = tuple(Option(text, "No.") for text in ("A", "B", "C"))
    assert [option.why_wrong for option in Edit(options=options).apply(QUESTION).options] == ["", "No.", "No."]


@pytest.mark.parametrize("key", [-1, 4, 400])
def test_the_key_names_an_option(key: int) -> None:
    """Of those that will be there."""
    with pytest.raises(InvalidEdit) as refusal:
        Edit(key=key).apply(QUESTION)
    assert [where for where, _ in refusal.value.problems] == [("key",)]


def test_every_problem_is_named_at_once() -> None:
    """Repeated options by the later one, as readers see them: case and full stops make no other option."""
    options = (Option("Red"), Option("red."), Option("Blue"), Option("  Red "))
    with pytest.raises(InvalidEdit) as refusal:
        Edit(options=options, key=4).apply(QUESTION)
    assert [where for where, _ in refusal.value.problems] == [("options", 1, "text"), ("options", 3, "text"), ("key",)]


def test_what_is_not_edited_is_not_checked() -> None:
    """The stem of a question with poor options can be mended by itself."""
    poor = Question("Which?", (Option("Red"), Option("Red")), 5, "", "", "easy", "remember")
    assert Edit(stem="Which of them?").apply(poor).stem == "Which of them?"


@pytest.mark.parametrize(
    ("edit", "kept"),
    [
        (Edit(), True),
        (Edit(difficulty="hard"), True),
        (Edit(bloom="apply", difficulty="medium"), True),
        (Edit(stem="Which one?"), False),
        (Edit(key=1), False),
        (Edit(explanation="So."), False),
        (Edit(options=(*QUESTION.options[:3], Option("The cell wall", "No."))), False),
        (Edit(difficulty="hard", stem="Which one?"), False),
    ],
)
def test_only_labels_keep_a_review(edit: Edit, kept: bool) -> None:
    """Everything else is what was judged."""
    assert keeps_review(QUESTION, edit.apply(QUESTION)) is kept


def test_flaws_with_and_without_the_text() -> None:
    """Rules that need the text are silent when it is gone; the others speak."""
    assert flaws_of(QUESTION, TEXT) == []
    elsewhere = Edit(options=(Option("Zeppelins"), *QUESTION.options[1:])).apply(QUESTION)
    assert "key-grounded" in flaws_of(elsewhere, TEXT)
    assert "key-grounded" not in flaws_of(elsewhere, None)
    combined = Edit(options=(*QUESTION.options[:3], Option("All of the above"))).apply(QUESTION)
    assert "combined-options" in flaws_of(combined, None)


def test_the_words_that_are_stored() -> None:
    """Rows hold them: none may change its spelling."""
    assert [*ReviewStatus] == ["unreviewed", "approved", "rejected", "replaced"]
    assert [*RejectionReason] == [
        "incorrect_answer",
        "poor_wording",
        "irrelevant_content",
        "duplicate",
        "too_easy",
        "too_hard",
        "quota_reached",
        "topic_coverage",
        "other",
    ]
