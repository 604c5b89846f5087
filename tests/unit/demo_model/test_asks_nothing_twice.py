import json
from collections.abc import Callable

from rapidfuzz import fuzz

from demo_model.prompt_reader import read_order
from demo_model.writer import Written, write_question
from model.prompts import Assignment, revise_messages


def test_listed_stems_and_their_like_are_avoided(sample: str, ask: Callable[..., Written | None]) -> None:
    """Asked for the same part again and again, the model finds something new each time."""
    stems: tuple[str, ...] = ()
    for _ in range(12):
        written = ask(sample[:6000], 3, 5, stems)
        assert written is not None
        assert all(fuzz.token_sort_ratio(written.stem.lower(), stem.lower()) < 85 for stem in stems)
        stems += (written.stem,)


def test_a_revision_asks_about_something_else(sample: str, ask: Callable[..., Written | None]) -> None:
    """A question that was sent back is not written again, nor another one on its sentence."""
    text = sample[:6000]
    first = ask(text, 2, 5)
    assert first is not None
    assignment = Assignment(text, 2, 5, "medium", "remember")
    order = read_order(revise_messages(assignment, json.dumps(first.as_json()), ["The stem is unclear."]))
    assert order is not None
    second = write_question(order)
    assert second is not None
    assert second.quote != first.quote
    assert second.stem != first.stem


def test_a_text_that_is_used_up_gets_no_question() -> None:
    """When every fact is taken, the model says so instead of repeating itself."""
    text = "The axon is a long fiber that carries signals away from the body."
    order = read_order(revise_messages(Assignment(text, 1, 1, "easy", "remember"), "{}", []))
    assert order is not None
    assert write_question(order) is None
