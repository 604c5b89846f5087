"""Reviews of questions over HTTP: approve, reject with a reason, take back, and many at once."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from domain.review import RejectionReason
from tests.api.server import ApiProcess, User
from tests.api.written import Written, fields, good, new_user, write_questions

pytestmark = pytest.mark.usefixtures("worker_process")


@pytest.fixture(scope="module")
def shared(api: ApiProcess, worker_process: None) -> Iterator[Written]:
    """A few questions whose reviews no test relies on."""
    user = new_user(api)
    yield write_questions(user, 3)
    user.client.close()


def _review(question: dict[str, Any]) -> tuple[str, str | None, str | None]:
    return question["review_status"], question["review_reason"], question["review_comment"]


def test_the_life_of_a_review(user: User) -> None:
    """Rejected, approved after all, rejected again, taken back, edited: the last word counts, and it alone."""
    written = write_questions(user, 2)
    question, untouched = written.all()
    assert _review(question) == ("unreviewed", None, None)
    steps: list[tuple[str, dict[str, Any], tuple[str, str | None, str | None]]] = [
        ("reject", {"reason": "poor_wording", "comment": " Unclear. "}, ("rejected", "poor_wording", "Unclear.")),
        ("approve", {}, ("approved", None, None)),
        ("reject", {"reason": "duplicate"}, ("rejected", "duplicate", None)),
        ("reject", {"reason": "too_easy", "comment": ""}, ("rejected", "too_easy", None)),
        ("reset-review", {}, ("unreviewed", None, None)),
        ("approve", {}, ("approved", None, None)),
    ]
    for act, body, expected in steps:
        first = good(written.act(question["id"], act, **body))
        assert _review(first) == expected
        again = good(written.act(question["id"], act, **body))
        assert again == first == written.get(question["id"])  # repeated, it does not even touch the row
        assert first["edited_at"] is None
    assert _review(good(written.edit(question["id"], stem="What does a membrane let through?")))[0] == "unreviewed"
    assert written.get(untouched["id"]) == untouched
    written.delete(question["id"]).raise_for_status()
    assert written.ids() == [untouched["id"]]


@pytest.mark.parametrize("reason", RejectionReason)
def test_each_reason_is_taken(shared: Written, reason: RejectionReason) -> None:
    """The nine, each with a comment for whoever mends the question."""
    question = shared.ids()[0]
    rejected = good(shared.act(question, "reject", reason=reason, comment="See page 3."))
    assert _review(rejected) == ("rejected", reason, "See page 3.")
    if reason is not RejectionReason.OTHER:
        assert _review(good(shared.act(question, "reject", reason=reason))) == ("rejected", reason, None)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, ["reason"]),
        ({"reason": None}, ["reason"]),
        ({"reason": "boring"}, ["reason"]),
        ({"reason": ["too_easy"]}, ["reason"]),
        ({"reason": "other"}, ["comment"]),
        ({"reason": "other", "comment": None}, ["comment"]),
        ({"reason": "other", "comment": "  "}, ["comment"]),
        ({"reason": "too_easy", "comment": "x" * 4_001}, ["comment"]),
        ({"reason": "too_easy", "comment": "a\u0000b"}, ["comment"]),
        ({"reason": "too_easy", "coment": "a"}, ["coment"]),
    ],
)
def test_an_invalid_rejection_names_its_field(shared: Written, body: dict[str, Any], named: list[str]) -> None:
    """422, and the review is as it was."""
    question = shared.all()[1]
    answer = shared.user.client.post(f"{shared.address}/{question['id']}/reject", json=body)
    assert fields(answer) == named
    assert shared.get(question["id"]) == question


def test_lists_by_review(user: User) -> None:
    """What is left to do, what is to be used; repeated, both."""
    written = write_questions(user, 4)
    first, second, third, fourth = written.ids()
    good(written.act(first, "approve"))
    good(written.act(second, "reject", reason="duplicate"))
    good(written.act(third, "approve"))
    assert written.ids(review_status="approved") == [first, third]
    assert written.ids(review_status="rejected") == [second]
    assert written.ids(review_status="unreviewed") == [fourth]
    assert written.ids(review_status=["rejected", "unreviewed"]) == [second, fourth]
    assert written.ids(review_status="replaced") == []
    assert written.ids() == [first, second, third, fourth]


def test_many_at_once(user: User) -> None:
    """Each action on some questions: counts, the ids of those that changed, and the rest is left alone."""
    written = write_questions(user, 5)
    first, second, third, fourth, fifth = written.ids()
    good(written.act(second, "approve"))
    done = good(written.act("bulk", action="approve", question_ids=[third, second, first]))
    assert done == {"action": "approve", "requested": 3, "changed": 2, "question_ids": [third, first]}
    assert written.ids(review_status="approved") == [first, second, third]
    again = good(written.act("bulk", action="approve", question_ids=[third, second, first]))
    assert (again["requested"], again["changed"], again["question_ids"]) == (3, 0, [])
    answer = written.act(
        "bulk", action="reject", reason="other", comment="We dropped it.", question_ids=[first, fourth]
    )
    assert good(answer)["changed"] == 2
    assert [_review(one) for one in written.all(review_status="rejected")] == [
        ("rejected", "other", "We dropped it.")
    ] * 2
    done = good(written.act("bulk", action="delete", question_ids=[first, fifth]))
    assert done == {"action": "delete", "requested": 2, "changed": 2, "question_ids": [first, fifth]}
    assert written.ids() == [second, third, fourth]


@pytest.mark.parametrize("action", ["approve", "reject", "delete"])
def test_all_or_none(user: User, action: str) -> None:
    """One id that is not of this quiz, unknown or of another quiz of the same user: 404, and nothing has changed."""
    written, elsewhere = write_questions(user, 2), write_questions(user, 1)
    before = written.all()
    reason = {"reason": "too_hard"} if action == "reject" else {}
    for stranger in (str(uuid.uuid4()), elsewhere.ids()[0]):
        ids = [before[0]["id"], stranger, before[1]["id"]]
        answer = written.act("bulk", action=action, question_ids=ids, **reason)
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
    assert written.all() == before and len(elsewhere.ids(review_status="unreviewed")) == 1


_SOME = [str(uuid.UUID(int=number)) for number in range(201)]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"action": "approve"}, ["question_ids"]),
        ({"action": "approve", "question_ids": []}, ["question_ids"]),
        ({"action": "approve", "question_ids": _SOME}, ["question_ids"]),
        ({"action": "approve", "question_ids": [_SOME[0], _SOME[1], _SOME[0]]}, ["question_ids"]),
        ({"action": "approve", "question_ids": [_SOME[0], "no-id"]}, ["question_ids.1"]),
        ({"action": "publish", "question_ids": _SOME[:1]}, ["action"]),
        ({"question_ids": _SOME[:1]}, ["action"]),
        ({"action": "reject", "question_ids": _SOME[:1]}, ["reason"]),
        ({"action": "reject", "question_ids": _SOME[:1], "reason": "boring"}, ["reason"]),
        ({"action": "reject", "question_ids": _SOME[:1], "reason": "other"}, ["comment"]),
        ({"action": "approve", "question_ids": _SOME[:1], "reason": "duplicate"}, ["reason"]),
        ({"action": "delete", "question_ids": _SOME[:1], "comment": "Gone."}, ["comment"]),
    ],
)
def test_an_invalid_action_names_its_field(shared: Written, body: dict[str, Any], named: list[str]) -> None:
    """422 before any question is looked at."""
    assert fields(shared.user.client.post(f"{shared.address}/bulk", json=body)) == named


def test_two_hundred_are_not_too_many(shared: Written) -> None:
    """The bound is for the request, not for what a body may weigh."""
    assert shared.act("bulk", action="approve", question_ids=_SOME[:200]).status_code == 404
