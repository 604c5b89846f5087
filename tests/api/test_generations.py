"""Generations over HTTP: start, status, pause, resume, cancel, each as a client sees it."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.api.server import User

pytestmark = pytest.mark.usefixtures("worker_process")


def test_questions_are_written(user: User, quiz_with_content: Callable[[], str]) -> None:
    """A 202 names the generation; its status goes to completed, with what it cost."""
    quiz_id = quiz_with_content()
    answer = user.client.post(f"/quiz/{quiz_id}/generate-questions", json={"target_question_count": 5})
    assert answer.status_code == 202
    status = user.until_status(quiz_id, answer.json()["workflow_id"], "completed", "failed")
    assert (status["status"], status["error"]) == ("completed", None)
    assert status["progress"] == {"completed": 5, "total": 5, "percentage": 100.0}
    assert status["tokens"]["prompt"] > 0 and status["model_calls"] >= 5 and not status["can_resume"]


def test_an_unchanged_status_is_not_sent_again(user: User, quiz_with_content: Callable[[], str]) -> None:
    """ETag and 304, so that a page may ask each second."""
    quiz_id = quiz_with_content()
    workflow_id = user.generate(quiz_id, 1)
    user.until_status(quiz_id, workflow_id, "completed")
    address = f"/quiz/{quiz_id}/generation-status?workflow_id={workflow_id}"
    etag = user.client.get(address).headers["ETag"]
    again = user.client.get(address, headers={"If-None-Match": f'"other", W/{etag}'})
    assert (again.status_code, again.content) == (304, b"") and again.headers["ETag"] == etag
    assert user.client.get(address, headers={"If-None-Match": '"other"'}).status_code == 200


def test_fifty_equal_requests_make_one_generation(user: User, quiz_with_content: Callable[[], str]) -> None:
    """With one Idempotency-Key all of them are accepted, and all name the same workflow."""
    quiz_id, key = quiz_with_content(), uuid.uuid4().hex

    def ask(_: int) -> tuple[int, str]:
        answer = user.client.post(
            f"/quiz/{quiz_id}/generate-questions",
            json={"target_question_count": 2},
            headers={"Idempotency-Key": key},
        )
        return answer.status_code, answer.json()["workflow_id"]

    with ThreadPoolExecutor(50) as pool:
        answers = set(pool.map(ask, range(50)))
    ((status, workflow_id),) = answers
    assert status == 202
    user.until_status(quiz_id, workflow_id, "completed")


def test_a_busy_quiz_names_its_generation(user: User, quiz_with_content: Callable[[], str]) -> None:
    """409 with the workflow id in the problem; pause and resume go on with it."""
    quiz_id = quiz_with_content()
    workflow_id = user.generate(quiz_id, 60)
    paused = user.client.post(f"/quiz/{quiz_id}/pause-generation", params={"workflow_id": workflow_id})
    assert paused.status_code == 202
    busy = user.client.post(f"/quiz/{quiz_id}/generate-questions", json={"target_question_count": 1})
    assert (busy.status_code, busy.json()["workflow_id"]) == (409, workflow_id)
    assert busy.headers["Content-Type"] == "application/problem+json"


def test_pause_resume_cancel(user: User, quiz_with_content: Callable[[], str]) -> None:
    """Each twice, as impatient people do; what is finished stays."""
    quiz_id = quiz_with_content()
    workflow_id = user.generate(quiz_id, 80)
    where = {"workflow_id": workflow_id}
    for _ in range(2):
        assert user.client.post(f"/quiz/{quiz_id}/pause-generation", params=where).status_code == 202
    paused = user.until_status(quiz_id, workflow_id, "paused")
    assert paused["can_resume"]
    listed = user.client.get(f"/quiz/{quiz_id}/generation-status").json()["items"]
    assert [one["workflow_id"] for one in listed] == [workflow_id]
    assert user.client.post(f"/quiz/{quiz_id}/resume-generation", params=where).status_code == 202
    for _ in range(2):
        assert user.client.post(f"/quiz/{quiz_id}/cancel-generation", params=where).status_code == 202
    cancelled = user.until_status(quiz_id, workflow_id, "cancelled")
    assert cancelled["progress"]["completed"] >= paused["progress"]["completed"]
    refused = user.client.post(f"/quiz/{quiz_id}/pause-generation", params=where)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/not-possible")


def test_a_cancelled_generation_is_continued(user: User, quiz_with_content: Callable[[], str]) -> None:
    """`resume_existing` goes on with the newest one that can be resumed, under its own id."""
    quiz_id = quiz_with_content()
    workflow_id = user.generate(quiz_id, 30)
    user.client.post(f"/quiz/{quiz_id}/cancel-generation", params={"workflow_id": workflow_id}).raise_for_status()
    user.until_status(quiz_id, workflow_id, "cancelled")
    assert user.generate(quiz_id, 30, resume_existing=True) == workflow_id
    done = user.until_status(quiz_id, workflow_id, "completed", "failed")
    assert (done["progress"]["completed"], done["resumed"]) == (30, 1)


def test_what_is_in_the_way_of_a_resume_is_not_offered(user: User, quiz_with_content: Callable[[], str]) -> None:
    """While one is active, an ended one of the quiz cannot be resumed, and `resume_existing` names or continues it."""
    quiz_id = quiz_with_content()
    address, busy = f"/quiz/{quiz_id}/generation-status", {"target_question_count": 90, "resume_existing": True}
    ended = user.generate(quiz_id, 80)
    user.client.post(f"/quiz/{quiz_id}/cancel-generation", params={"workflow_id": ended}).raise_for_status()
    assert user.until_status(quiz_id, ended, "cancelled")["can_resume"]
    running = user.generate(quiz_id, 90)
    assert not user.status(quiz_id, ended)["can_resume"]
    assert user.client.get(address).json() == {"items": []}
    refused = user.client.post(f"/quiz/{quiz_id}/generate-questions", json=busy)
    assert (refused.status_code, refused.json()["workflow_id"]) == (409, running)
    user.client.post(f"/quiz/{quiz_id}/pause-generation", params={"workflow_id": running}).raise_for_status()
    assert user.until_status(quiz_id, running, "paused")["in_flight"] == 0
    assert [one["workflow_id"] for one in user.client.get(address).json()["items"]] == [running]
    assert user.client.post(f"/quiz/{quiz_id}/generate-questions", json=busy).json()["workflow_id"] == running
    user.client.post(f"/quiz/{quiz_id}/cancel-generation", params={"workflow_id": running}).raise_for_status()


def test_each_rule_of_resuming_has_its_words(user: User, quiz_with_content: Callable[[], str]) -> None:
    """400 and why: completed, running, another one active."""
    quiz_id = quiz_with_content()
    first = user.generate(quiz_id, 1)
    user.until_status(quiz_id, first, "completed")

    def refusal(workflow_id: str) -> str:
        answer = user.client.post(f"/quiz/{quiz_id}/resume-generation", params={"workflow_id": workflow_id})
        assert answer.status_code == 400 and answer.json()["type"] == "/problems/cannot-resume"
        return str(answer.json()["detail"])

    assert "is completed" in refusal(first)
    ended = user.generate(quiz_id, 40)
    user.client.post(f"/quiz/{quiz_id}/cancel-generation", params={"workflow_id": ended}).raise_for_status()
    user.until_status(quiz_id, ended, "cancelled")
    running = user.generate(quiz_id, 100)
    assert "running already" in refusal(running)
    assert f"another active generation, {running}" in refusal(ended)
    user.client.post(f"/quiz/{quiz_id}/cancel-generation", params={"workflow_id": running}).raise_for_status()


def test_a_quiz_without_documents_is_told(user: User) -> None:
    """Before anything is started."""
    answer = user.client.post(f"/quiz/{user.quiz()}/generate-questions", json={"target_question_count": 1})
    assert answer.status_code == 409 and "documents" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"target_question_count": 0}, "target_question_count"),
        ({"target_question_count": 1001}, "target_question_count"),
        ({}, "target_question_count"),
        ({"target_question_count": 1, "temperature": 3}, "temperature"),
        ({"target_question_count": 1, "tempreature": 1}, "tempreature"),
        ({"target_question_count": 1, "model": "a\u0000b"}, "model"),
    ],
)
def test_a_wrong_field_is_named(user: User, body: dict[str, object], field: str) -> None:
    """422 with the field in the problem."""
    answer = user.client.post(f"/quiz/{user.quiz()}/generate-questions", json=body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
