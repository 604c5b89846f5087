"""Another question in the place of one, and deletions: what generations write and what people decide, together."""

import uuid

import pytest

from tests.api.server import User
from tests.api.written import Written, good, write_questions
from tests.support.waiting import until_now

pytestmark = pytest.mark.usefixtures("worker_process")


def _regenerated(written: Written, question_id: str, *, key: str | None = None) -> str:
    """Ask, and wait for the new question; its generation."""
    answer = written.act(question_id, "regenerate", key=key)
    assert answer.status_code == 202, answer.text
    workflow_id: str = answer.json()["workflow_id"]
    status = written.user.until_status(written.quiz_id, workflow_id, "completed", "failed")
    assert (status["status"], status["progress"]["total"]) == ("completed", 1)
    return workflow_id


def test_another_question_on_the_same_content(user: User) -> None:
    """As hard, from the same text, asking something else; it says which one it replaces, and that one is put away."""
    written = write_questions(user, 3)
    before = written.all()
    old = before[1]
    good(written.act(old["id"], "reject", reason="too_easy"))
    workflow_id = _regenerated(written, old["id"])
    (new,) = written.all(workflow_id=workflow_id)
    for same in ("difficulty", "bloom"):
        assert new[same] == old[same]
    assert new["source"]["chunk"] == old["source"]["chunk"]
    assert new["stem"] not in [question["stem"] for question in before]
    assert (new["replaces_id"], new["review_status"]) == (old["id"], "unreviewed")
    assert written.ids() == [before[0]["id"], before[2]["id"], new["id"]]
    put_away = written.get(old["id"])
    assert (put_away["review_status"], put_away["review_reason"]) == ("replaced", "too_easy")  # why it was
    assert put_away["stem"] == old["stem"]
    assert written.all(review_status="replaced") == [put_away]


def test_a_replaced_question_is_not_replaced_again(user: User) -> None:
    """409 that says so; the one in its place can be, and asks a third thing."""
    written = write_questions(user, 1)
    (first,) = written.all()
    _regenerated(written, first["id"])
    refused = written.act(first["id"], "regenerate")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/not-possible")
    assert "replaced already" in refused.json()["detail"]
    (second,) = written.all()
    _regenerated(written, second["id"])
    (third,) = written.all()
    assert len({first["stem"], second["stem"], third["stem"]}) == 3
    assert written.ids(review_status="replaced") == [first["id"], second["id"]]


def test_a_replaced_question_is_brought_back(user: User) -> None:
    """The old one was better: approved, it is in the list again, without what was said of it before."""
    written = write_questions(user, 1)
    (old,) = written.all()
    good(written.act(old["id"], "reject", reason="other", comment="Try again."))
    _regenerated(written, old["id"])
    back = good(written.act(old["id"], "approve"))
    assert (back["review_status"], back["review_reason"], back["review_comment"]) == ("approved", None, None)
    assert old["id"] in written.ids() and len(written.ids()) == 2


def test_one_key_makes_one_question(user: User) -> None:
    """Repeated with its key, the request has its answer, also after the question was replaced; other keys do not."""
    written = write_questions(user, 2)
    first, second = written.ids()
    key = uuid.uuid4().hex
    workflow_id = _regenerated(written, first, key=key)
    again = written.act(first, "regenerate", key=key)
    assert (again.status_code, again.json()["workflow_id"]) == (202, workflow_id)
    assert len(written.ids()) == 2
    reused = written.act(second, "regenerate", key=key)
    assert (reused.status_code, reused.json()["type"]) == (422, "/problems/key-reused")
    assert written.act(first, "regenerate", key=uuid.uuid4().hex).status_code == 409


def test_one_generation_at_a_time(user: User) -> None:
    """409 with the generation in the way, and the question is as it was; the same for its deletion, many or one."""
    written = write_questions(user, 1)
    (old,) = written.all()
    running = user.generate(written.quiz_id, 100)
    user.client.post(f"/quiz/{written.quiz_id}/pause-generation", params={"workflow_id": running}).raise_for_status()
    user.until_status(written.quiz_id, running, "paused")
    busy = written.act(old["id"], "regenerate")
    assert (busy.status_code, busy.json()["type"]) == (409, "/problems/active-generation")
    assert busy.json()["workflow_id"] == running
    assert written.get(old["id"]) == old
    user.client.post(f"/quiz/{written.quiz_id}/cancel-generation", params={"workflow_id": running}).raise_for_status()


def test_without_content_there_is_nothing_to_ask(user: User) -> None:
    """409 before anything is started; the question stays."""
    written = write_questions(user, 1)
    (old,) = written.all()
    document = user.client.get(f"/quiz/{written.quiz_id}/documents").json()["items"][0]["id"]
    user.client.delete(f"/quiz/{written.quiz_id}/documents/{document}").raise_for_status()
    refused = written.act(old["id"], "regenerate")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/not-possible")
    assert written.all() == [old]


def test_what_an_active_generation_wrote_is_not_deleted(user: User) -> None:
    """Alone or among many: 409 with its id, and all are there. What others wrote may go meanwhile."""
    done = write_questions(user, 1)
    (before,) = done.ids()
    running = user.generate(done.quiz_id, 100)
    written = until_now(lambda: done.ids(workflow_id=running))
    user.client.post(f"/quiz/{done.quiz_id}/pause-generation", params={"workflow_id": running}).raise_for_status()
    user.until_status(done.quiz_id, running, "paused")
    for refused in (done.delete(written[0]), done.act("bulk", action="delete", question_ids=[before, written[0]])):
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/not-possible")
        assert refused.json()["workflow_id"] == running
    assert {before, written[0]} <= set(done.ids())
    assert good(done.act(written[0], "approve"))["review_status"] == "approved"  # a review may come at once
    assert done.delete(before).status_code == 204
    user.client.post(f"/quiz/{done.quiz_id}/cancel-generation", params={"workflow_id": running}).raise_for_status()


def test_a_deleted_question_is_gone(user: User) -> None:
    """204 once, 404 after; the generation that wrote it still says what it did."""
    written = write_questions(user, 2)
    first, second = written.ids()
    assert (written.delete(first).status_code, written.delete(first).status_code) == (204, 404)
    assert written.ids() == [second]
    assert user.status(written.quiz_id, written.workflow_id)["progress"]["completed"] == 2


def test_a_resume_after_a_deletion_fills_the_place(user: User) -> None:
    """The generation owes as many questions as were asked for: it completes, with all reviews of the others kept."""
    quiz_id = write_questions(user, 1).quiz_id
    workflow_id = user.generate(quiz_id, 60)
    written = Written(user, quiz_id, workflow_id)
    first, second = until_now(lambda: written.ids(workflow_id=workflow_id), lambda ids: len(ids) >= 2)[:2]
    where = {"workflow_id": workflow_id}
    user.client.post(f"/quiz/{quiz_id}/cancel-generation", params=where).raise_for_status()
    user.until_status(quiz_id, workflow_id, "cancelled")
    good(written.act(second, "approve"))
    assert written.delete(first).status_code == 204
    user.client.post(f"/quiz/{quiz_id}/resume-generation", params=where).raise_for_status()
    assert user.until_status(quiz_id, workflow_id, "completed", "failed")["status"] == "completed"
    assert len(written.ids(workflow_id=workflow_id)) == 60
    assert written.ids(workflow_id=workflow_id, review_status="approved") == [second]
