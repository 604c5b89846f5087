"""Workflow ids are made and read by one pair of helpers."""

import contextlib
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.ids import GenerationId, new_generation_id, parse_generation_id


@given(st.uuids(), st.text(min_size=1))
def test_an_id_is_read_back_as_it_was_made(quiz_id: uuid.UUID, suffix: str) -> None:
    """Any suffix survives, underscores included."""
    made = GenerationId(quiz_id, suffix)
    assert parse_generation_id(str(made)) == made


def test_a_fresh_id_names_its_quiz_and_fits_its_column() -> None:
    """Two ids of one quiz differ; both fit 200 characters and need no quoting in a URL."""
    quiz_id = uuid.uuid4()
    one, two = new_generation_id(quiz_id), new_generation_id(quiz_id)
    assert one != two and str(one) != str(two)
    assert parse_generation_id(str(one)).quiz_id == quiz_id
    assert str(one).startswith(f"mcq_{quiz_id}_") and len(str(one)) <= 200
    assert str(one).replace("_", "").replace("-", "").isalnum()


@pytest.mark.parametrize("text", ["", "mcq", "mcq_", "mcq_x_1", f"mcq_{uuid.UUID(int=1)}", f"mcq_{uuid.UUID(int=1)}_"])
def test_foreign_ids_are_refused(text: str) -> None:
    """Half an id, another prefix or no UUID is a ValueError."""
    with pytest.raises(ValueError):
        parse_generation_id(text)


@given(st.text())
def test_any_text_is_an_id_or_a_value_error(text: str) -> None:
    """Whatever a caller of the API sends, nothing else is raised."""
    with contextlib.suppress(ValueError):
        assert str(parse_generation_id(text)).casefold() == text.casefold()
