"""Questions over HTTP: lists with pages and filters, one by its id, and who may see them."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.server import ApiProcess, User
from tests.api.written import Written, fields, good, new_user, write_questions

REASON = {"reason": "too_easy"}


@pytest.fixture(scope="module")
def written(api: ApiProcess, worker_process: None) -> Iterator[Written]:
    """25 questions, which no test changes."""
    user = new_user(api)
    yield write_questions(user, 25)
    user.client.close()


def test_pages_show_each_question_once(written: Written) -> None:
    """25 questions with limit 7: pages of 7, 7, 7 and 4, oldest first, nothing twice and nothing left out."""
    pages: list[list[dict[str, Any]]] = []
    cursor = None
    while not pages or cursor:
        page = written.get(limit=7, **({"cursor": cursor} if cursor else {}))
        pages.append(page["items"])
        cursor = page["next_cursor"]
    assert [len(page) for page in pages] == [7, 7, 7, 4]
    questions = [question for page in pages for question in page]
    assert len({question["id"] for question in questions}) == 25
    assert {question["slot"] for question in questions} == set(range(25))
    assert [q["created_at"] for q in questions] == sorted(q["created_at"] for q in questions)


def test_a_page_that_is_just_full_is_the_last(written: Written) -> None:
    """No cursor to an empty page."""
    page = written.get(limit=25)
    assert (len(page["items"]), page["next_cursor"]) == (25, None)


def test_a_question_tells_what_a_teacher_needs(written: Written) -> None:
    """Options with reasons, the right one, the quote with its place in the document, flaws, and no review yet."""
    question = written.all()[0]
    assert written.get(question["id"]) == question
    assert 0 <= question["key"] < len(question["options"]) == 4
    assert [index for index, option in enumerate(question["options"]) if not option["why_wrong"]] == [question["key"]]
    document = written.user.client.get(f"/quiz/{written.quiz_id}/documents").json()["items"][0]["id"]
    text = written.user.client.get(f"/quiz/{written.quiz_id}/documents/{document}").json()["text"]
    source = question["source"]
    assert text[source["start"] : source["end"]].split() == source["quote"].split()
    assert (question["workflow_id"], question["review_status"]) == (written.workflow_id, "unreviewed")
    assert question["review_reason"] is question["review_comment"] is question["edited_at"] is None


def test_filters_by_what_a_question_is(written: Written) -> None:
    """Difficulty, Bloom level and generation; together they narrow, repeated they widen."""
    questions = written.all()
    for name in ("difficulty", "bloom"):
        for value in {question[name] for question in questions}:
            assert written.ids(**{name: value}) == [one["id"] for one in questions if one[name] == value]
    either = [one["id"] for one in questions if one["difficulty"] in ("easy", "hard")]
    assert written.ids(difficulty=["easy", "hard"]) == either
    both = [one["id"] for one in questions if (one["difficulty"], one["bloom"]) == ("medium", "apply")]
    assert written.ids(difficulty="medium", bloom="apply") == both != []
    assert len(written.ids(workflow_id=written.workflow_id)) == 25
    assert written.ids(workflow_id="mcq_of_somebody_else") == []


def test_filters_hold_on_every_page(written: Written) -> None:
    """The cursor goes with them."""
    first = written.get(limit=5, difficulty="medium")
    second = written.get(limit=5, difficulty="medium", cursor=first["next_cursor"])
    shown = [*first["items"], *second["items"]]
    assert [one["id"] for one in shown] == written.ids(difficulty="medium")[:10]


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"review_status": "good"}, "review_status.0"),
        ({"difficulty": "brutal"}, "difficulty.0"),
        ({"bloom": "create"}, "bloom.0"),
        ({"workflow_id": "a b"}, "workflow_id"),
        ({"workflow_id": "a\u0000"}, "workflow_id"),
    ],
)
def test_a_wrong_filter_is_named(written: Written, params: dict[str, str], field: str) -> None:
    """422, and not an empty list."""
    assert fields(written.user.client.get(written.address, params=params)) == [field]


EVERY_ROUTE = [
    ("GET", "", None),
    ("PATCH", "", {"stem": "Mine?"}),
    ("DELETE", "", None),
    ("POST", "/approve", None),
    ("POST", "/reject", REASON),
    ("POST", "/reset-review", None),
    ("POST", "/regenerate", None),
]


@pytest.mark.parametrize(("method", "act", "body"), EVERY_ROUTE)
def test_what_is_not_yours_is_not_there(
    written: Written, other: User, method: str, act: str, body: dict[str, str] | None
) -> None:
    """Another's quiz, another's question in a quiz of one's own, unknown and malformed ids: one answer, to the byte."""
    theirs, mine = written.quiz_id, other.quiz()
    question, unknown = written.all()[0], str(uuid.uuid4())
    places = [
        (theirs, question["id"]),
        (theirs, unknown),
        (mine, question["id"]),
        (mine, unknown),
        (mine, "no-id"),
        (unknown, unknown),
        ("no-id", question["id"]),
    ]
    answers = [other.client.request(method, f"/quiz/{quiz}/questions/{one}{act}", json=body) for quiz, one in places]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert {answer.headers["Content-Type"] for answer in answers} == {"application/problem+json"}
    assert written.get(question["id"]) == question


def test_lists_and_bulk_of_another_are_not_there(written: Written, other: User) -> None:
    """The same answer as for one question."""
    question = written.ids()[0]
    single = other.client.get(f"{written.address}/{question}")
    listed = other.client.get(written.address)
    body = {"action": "delete", "question_ids": [question]}
    in_theirs = other.client.post(f"{written.address}/bulk", json=body)
    in_mine = other.client.post(f"/quiz/{other.quiz()}/questions/bulk", json=body)
    assert {one.status_code for one in (single, listed, in_theirs, in_mine)} == {404}
    assert len({one.content for one in (single, listed, in_theirs, in_mine)}) == 1
    assert question in written.ids()


@pytest.mark.parametrize(("method", "act", "body"), EVERY_ROUTE)
def test_nobody_is_told_to_sign_in(written: Written, method: str, act: str, body: dict[str, str] | None) -> None:
    """401 before anything is looked at."""
    headers = {"Authorization": ""}
    address = f"{written.address}/{written.ids()[0]}{act}"
    assert written.user.client.request(method, address, json=body, headers=headers).status_code == 401


def test_the_document_tells_every_route(written: Written) -> None:
    """Each has a summary, what it may answer, and an example of each problem; bodies have examples."""
    document = good(written.user.client.get("/openapi.json"))
    paths = {path: entry for path, entry in document["paths"].items() if "/questions" in path}
    assert len(paths) == 7
    for operation in (operation for entry in paths.values() for operation in entry.values()):
        assert operation["summary"] and operation["description"]
        assert {"401", "404", "503"} <= set(operation["responses"])
        refusals = {"401", "404", "409", "503", "422" if "requestBody" in operation else "401"}
        for status in refusals & set(operation["responses"]):
            assert operation["responses"][status]["content"]["application/problem+json"]["examples"]
    for body in ("ChangedQuestion", "Rejection", "Bulk"):
        assert document["components"]["schemas"][body]["examples"]
