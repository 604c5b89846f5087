"""Quizzes over HTTP: create, list page by page, read, change, delete."""

import uuid
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from settings import Settings
from tests.api.server import ApiProcess, User


def pages(user: User, limit: int) -> list[dict[str, Any]]:
    """Every quiz of a user, page by page."""
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = user.client.get("/quiz", params={"limit": limit, "cursor": cursor}).raise_for_status().json()
        assert len(page["items"]) <= limit
        found += page["items"]
        cursor = page["next_cursor"]
    return found


def test_a_quiz_is_made_and_read(user: User) -> None:
    """201 with all its fields; read again it is the same; the language is English unless told."""
    made = user.client.post("/quiz", json={"title": "  Zellbiologie \u2013 Teil 1 ", "language": "Deutsch"})
    assert made.status_code == 201
    quiz = made.json()
    assert (quiz["title"], quiz["language"]) == ("Zellbiologie \u2013 Teil 1", "Deutsch")
    assert quiz["created_at"].endswith("Z") and uuid.UUID(quiz["id"])
    assert user.client.get(f"/quiz/{quiz['id']}").json() == quiz
    assert user.client.post("/quiz", json={"title": "x"}).json()["language"] == "English"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "title"),
        ({"title": ""}, "title"),
        ({"title": "   "}, "title"),
        ({"title": "x" * 301}, "title"),
        ({"title": "two\nlines"}, "title"),
        ({"title": "nul\u0000"}, "title"),
        ({"title": 5}, "title"),
        ({"title": None}, "title"),
        ({"title": "x", "language": ""}, "language"),
        ({"title": "x", "language": "x" * 61}, "language"),
        ({"title": "x", "langauge": "English"}, "langauge"),
        ({"title": "x", "owner_id": str(uuid.UUID(int=1))}, "owner_id"),
        ({"title": "x", "id": str(uuid.UUID(int=1))}, "id"),
    ],
)
def test_a_wrong_field_of_a_quiz_is_named(user: User, body: dict[str, Any], field: str) -> None:
    """422 with the field, when it is created and when it is changed; nothing is made."""
    made = user.client.post("/quiz", json=body)
    assert made.status_code == 422 and [error["field"] for error in made.json()["errors"]] == [field]
    assert user.client.get("/quiz").json() == {"items": [], "next_cursor": None}
    if body and body.get("title", "") is not None:
        changed = user.client.patch(f"/quiz/{user.quiz()}", json=body)
        assert changed.status_code == 422 and [error["field"] for error in changed.json()["errors"]] == [field]


@pytest.mark.parametrize(
    "title",
    ["x" * 300, "\U0001f9ec" * 300, "\u0645\u0631\u062d\u0628\u0627", "a'; DROP TABLE quiz; --", "<b>", "%s {0} \\"],
)
def test_a_title_is_kept_as_it_is(user: User, title: str) -> None:
    """Any script and any sign, up to 300 characters."""
    quiz_id = user.quiz(title)
    assert user.client.get(f"/quiz/{quiz_id}").json()["title"] == title


def test_a_quiz_is_changed_field_by_field(user: User) -> None:
    """What is left out, or null, stays; the time of the change is told."""
    quiz_id = user.quiz("Before")
    before = user.client.get(f"/quiz/{quiz_id}").json()
    after = user.client.patch(f"/quiz/{quiz_id}", json={"language": "Deutsch"}).json()
    assert (after["title"], after["language"]) == ("Before", "Deutsch")
    assert after["updated_at"] > before["updated_at"] and after["created_at"] == before["created_at"]
    after = user.client.patch(f"/quiz/{quiz_id}", json={"title": "After", "language": None}).json()
    assert (after["title"], after["language"]) == ("After", "Deutsch")
    assert user.client.get(f"/quiz/{quiz_id}").json() == after
    assert user.client.patch(f"/quiz/{quiz_id}", json={}).status_code == 200


@pytest.mark.parametrize("limit", [1, 2, 7, 100])
def test_pages_show_each_quiz_once(user: User, limit: int) -> None:
    """Newest first, whatever the size of the page; the last page says that it is the last."""
    made = [user.quiz(f"Quiz {number}") for number in range(7)]
    assert [quiz["id"] for quiz in pages(user, limit)] == made[::-1]


def test_quizzes_made_or_deleted_meanwhile_shift_no_page(user: User) -> None:
    """What was there before and stays is seen once, though others come and go between two pages."""
    made = [user.quiz(f"Quiz {number}") for number in range(6)]
    first = user.client.get("/quiz", params={"limit": 2}).json()
    user.quiz("made meanwhile")
    user.client.delete(f"/quiz/{made[4]}").raise_for_status()  # the last one of the page that was read
    user.client.delete(f"/quiz/{made[3]}").raise_for_status()  # the first one of the next
    user.client.patch(f"/quiz/{made[0]}", json={"title": "changed meanwhile"}).raise_for_status()
    second = user.client.get("/quiz", params={"limit": 100, "cursor": first["next_cursor"]}).json()
    assert [quiz["id"] for quiz in first["items"] + second["items"]] == [made[5], made[4], made[2], made[1], made[0]]
    assert second["next_cursor"] is None


def test_quizzes_of_the_same_moment_are_all_shown(user: User, api_settings: Settings) -> None:
    """A page may end between two rows with the same time."""
    made = {user.quiz(f"Quiz {number}") for number in range(5)}
    with psycopg.connect(api_settings.require_database_url()) as connection:
        query = "UPDATE quiz SET created_at = '2026-01-01T00:00:00Z' WHERE id = ANY(%s)"
        connection.execute(query, ([uuid.UUID(one) for one in made],))
    seen = [quiz["id"] for quiz in pages(user, 2)]
    assert len(seen) == 5 and set(seen) == made


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 101}, {"limit": "x"}, {"cursor": "x"}, {"cursor": "x" * 201}]
)
def test_a_wrong_page_is_told(user: User, query: dict[str, Any]) -> None:
    """422 with the parameter."""
    answer = user.client.get("/quiz", params=query)
    assert answer.status_code == 422 and [error["field"] for error in answer.json()["errors"]] == list(query)


def test_a_quiz_is_deleted_with_all_of_it(
    user: User, api_settings: Settings, worker_process: None, quiz_with_content: Callable[[], str]
) -> None:
    """204 without a body, then 404; no document, question, answer or event is left behind."""
    quiz_id = quiz_with_content()
    workflow_id = user.generate(quiz_id, 2)
    user.until_status(quiz_id, workflow_id, "completed")
    deleted = user.client.delete(f"/quiz/{quiz_id}")
    assert (deleted.status_code, deleted.content) == (204, b"")
    for path in ("", "/documents", f"/generation-status?workflow_id={workflow_id}", "/generation-status", "/events"):
        assert user.client.get(f"/quiz/{quiz_id}{path}").status_code == 404
    assert user.client.delete(f"/quiz/{quiz_id}").status_code == 404
    with psycopg.connect(api_settings.require_database_url()) as connection:
        for table, column, value in (
            ("source_document", "quiz_id", quiz_id),
            ("question", "quiz_id", quiz_id),
            ("workflow_state", "quiz_id", quiz_id),
            ("model_call", "workflow_id", workflow_id),
        ):
            query = f"SELECT count(*) FROM {table} WHERE {column} = %s"  # noqa: S608 - our own names
            assert connection.execute(query, (value,)).fetchone() == (0,), table


def test_an_active_quiz_is_not_deleted(
    api: ApiProcess, user: User, worker_process: None, quiz_with_content: Callable[[], str]
) -> None:
    """409 names the generation; once it is cancelled the quiz can go. The same for a document of it."""
    quiz_id = quiz_with_content()
    (document,) = user.client.get(f"/quiz/{quiz_id}/documents").json()["items"]
    workflow_id = user.generate(quiz_id, 200)
    for path in (f"/quiz/{quiz_id}", f"/quiz/{quiz_id}/documents/{document['id']}"):
        refused = user.client.delete(path)
        assert (refused.status_code, refused.json()["workflow_id"]) == (409, workflow_id)
    user.client.post(f"/quiz/{quiz_id}/cancel-generation", params={"workflow_id": workflow_id}).raise_for_status()
    user.until_status(quiz_id, workflow_id, "cancelled")
    assert user.client.delete(f"/quiz/{quiz_id}/documents/{document['id']}").status_code == 204
    assert user.client.delete(f"/quiz/{quiz_id}").status_code == 204
