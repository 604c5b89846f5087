"""Everything that writes questions for others: the questions file and the API, on whatever the database can hold."""

import json
import uuid
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from api.question_schemas import Bulk, ChangedQuestion, QuestionOut, Rejection
from commands import questions_file
from commands.questions_file import NotAQuestionsFile
from storage.tables import QuestionRow
from tests.fuzz.wild import BODIES, FUZZ, assert_storable, decoded, text, values

# What a column of text can hold.
stored = decoded.map(lambda value: value.replace("\x00", ""))
sources = st.fixed_dictionaries(
    {
        "document": stored,
        "chunk": st.integers(0, 9),
        "start": st.none() | st.integers(0, 9),
        "end": st.none(),
        "quote": stored,
    }
)
rows = st.builds(
    QuestionRow,
    id=st.uuids(),
    quiz_id=st.uuids(),
    workflow_id=stored,
    slot=st.integers(0, 999),
    stem=stored,
    options=st.lists(st.fixed_dictionaries({"text": stored, "why_wrong": stored}), min_size=3, max_size=5),
    key=st.integers(0, 2),
    explanation=stored,
    difficulty=st.sampled_from(["easy", "medium", "hard"]),
    bloom=st.sampled_from(["remember", "apply"]),
    source=sources,
    flaws=st.lists(stored, max_size=2),
    model=stored,
    prompt_version=st.just("1"),
    review_status=st.just("unreviewed"),
    created_at=st.just(datetime(2026, 1, 1, tzinfo=UTC)),
    updated_at=st.just(datetime(2026, 1, 1, tzinfo=UTC)),
)
STATUS: Any = SimpleNamespace(workflow_id="mcq_1", quiz_id=uuid.UUID(int=1), status="completed")


@given(st.lists(rows, max_size=3))
@FUZZ
def test_the_questions_file_reads_back_as_it_was_written(tmp_path: Path, questions: list[QuestionRow]) -> None:
    """Any text that a column can hold, whole and in UTF-8."""
    path = tmp_path / "questions.json"
    content = questions_file.as_json(STATUS, questions)
    questions_file.write(path, content)
    assert json.loads(path.read_bytes()) == content
    assert [one["stem"] for one in content["questions"]] == [row.stem for row in questions]
    questions_file.check_destination(path)
    assert questions_file.holds(path, "mcq_1", "completed")
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:20]))
def test_a_file_that_is_none_is_not_overwritten(tmp_path: Path, body: str) -> None:
    """Whatever lies there is somebody's; an empty file is nobody's."""
    path = tmp_path / "questions.json"
    path.write_text(body, encoding="utf-8", newline="")
    if body:
        with pytest.raises(NotAQuestionsFile):
            questions_file.check_destination(path)


@given(rows)
@FUZZ
def test_the_api_shows_any_stored_question(row: QuestionRow) -> None:
    """As JSON that reads back as the same question."""
    shown = json.loads(QuestionOut.of(row).model_dump_json())
    assert (shown["stem"], shown["options"], shown["key"]) == (row.stem, row.options, row.key)
    assert shown["source"]["quote"] == row.source["quote"]


@given(st.one_of(values, st.dictionaries(st.sampled_from([*ChangedQuestion.model_fields, "x"]), values, max_size=4)))
@FUZZ
def test_an_edit_is_refused_or_can_be_stored(body: Any) -> None:
    """The bodies of the routes that write: nothing but a validation error, and nothing that the database refuses."""
    for kind in (ChangedQuestion, Rejection, Bulk):
        try:
            taken = kind.model_validate(body)
        except ValidationError:
            continue
        assert_storable(taken.model_dump(mode="json"))


@given(text)
@FUZZ
def test_an_edited_text_is_refused_or_can_be_stored(wild: str) -> None:
    """The same for the texts of an edit, with the rest as it should be."""
    options = [{"text": one, "why_wrong": wild} for one in (wild, "b", "c")]
    for body in ({"stem": wild}, {"explanation": wild}, {"options": options, "key": 0}):
        try:
            taken = ChangedQuestion.model_validate(body)
        except ValidationError:
            continue
        assert_storable(taken.model_dump(mode="json"))
