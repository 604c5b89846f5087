"""A quiz with questions that a generation wrote, and what a teacher does with them over HTTP."""

import uuid
from typing import Any

import httpx2

from tests.api.server import ApiProcess, User
from tests.support.content import sample_chapter


class Written:
    """A user's quiz with questions."""

    def __init__(self, user: User, quiz_id: str, workflow_id: str = "") -> None:
        self.user, self.quiz_id, self.workflow_id = user, quiz_id, workflow_id
        self.address = f"/quiz/{quiz_id}/questions"

    def get(self, question_id: str = "", **params: Any) -> dict[str, Any]:
        """A question, or a page of them."""
        return good(self.user.client.get(self._at(question_id), params=params))

    def all(self, **params: Any) -> list[dict[str, Any]]:
        """The questions of the first page."""
        items: list[dict[str, Any]] = self.get(limit=100, **params)["items"]
        return items

    def ids(self, **params: Any) -> list[str]:
        """Their ids."""
        return [one["id"] for one in self.all(**params)]

    def edit(self, question_id: str, **changes: Any) -> httpx2.Response:
        """The answer to an edit."""
        return self.user.client.patch(self._at(question_id), json=changes)

    def act(self, *path: str, key: str | None = None, **body: Any) -> httpx2.Response:
        """The answer to a POST below the questions: `act(id, "reject", reason=…)`, `act("bulk", …)`."""
        headers = {"Idempotency-Key": key} if key else {}
        return self.user.client.post(self._at("/".join(path)), json=body or None, headers=headers)

    def delete(self, question_id: str) -> httpx2.Response:
        """The answer to a deletion."""
        return self.user.client.delete(self._at(question_id))

    def _at(self, path: str) -> str:
        return f"{self.address}/{path}" if path else self.address


def write_questions(user: User, count: int) -> Written:
    """A quiz on the sample chapter with so many questions; a worker has to be there."""
    quiz_id = user.quiz("Cell biology", text=sample_chapter().text)
    workflow_id = user.generate(quiz_id, count)
    user.until_status(quiz_id, workflow_id, "completed")
    return Written(user, quiz_id, workflow_id)


def new_user(api: ApiProcess) -> User:
    """Somebody new, for tests that share a quiz."""
    return User(api.url, f"{uuid.uuid4().hex}@school.example")


def good(answer: httpx2.Response) -> dict[str, Any]:
    """The content of an answer that is no problem."""
    content: dict[str, Any] = answer.raise_for_status().json()
    return content


def fields(answer: httpx2.Response) -> list[str]:
    """The fields that a 422 names."""
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid"), answer.text
    return [error["field"] for error in answer.json()["errors"]]
