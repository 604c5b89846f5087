"""Edits of questions over HTTP: what changes, what stays, what is refused, and what becomes of flaws and reviews."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.server import ApiProcess, User
from tests.api.written import Written, fields, good, new_user, write_questions

pytestmark = pytest.mark.usefixtures("worker_process")
LONG = "x" * 4_001


@pytest.fixture(scope="module")
def refused(api: ApiProcess, worker_process: None) -> Iterator[Written]:
    """A question that nothing changes."""
    user = new_user(api)
    yield write_questions(user, 1)
    user.client.close()


def _options(*texts: str) -> list[dict[str, str]]:
    return [{"text": text, "why_wrong": f"{text} is wrong."} for text in texts]


def test_what_is_left_out_stays(user: User) -> None:
    """One field at a time; what was changed before stays changed."""
    written = write_questions(user, 1)
    before = written.all()[0]
    changes: dict[str, Any] = {
        "stem": "What does the cell membrane do?",
        "options": [{**option, "text": f"{option['text']} indeed"} for option in before["options"]],
        "explanation": "It lets some things through.",
        "difficulty": "hard" if before["difficulty"] == "easy" else "easy",
        "bloom": "apply" if before["bloom"] == "remember" else "remember",
    }
    expected = dict(before)
    for name, value in changes.items():
        after = good(written.edit(before["id"], **{name: value}))
        expected |= {name: value, **{changing: after[changing] for changing in ("flaws", "edited_at", "updated_at")}}
        assert after == expected == written.get(before["id"])
        assert after["edited_at"] == after["updated_at"] > before["updated_at"]


def test_the_right_option_has_no_reason_for_being_wrong(user: User) -> None:
    """Also when it was a wrong one until now, or came with a reason."""
    written = write_questions(user, 1)
    before = written.all()[0]
    key = (before["key"] + 1) % 4
    after = good(written.edit(before["id"], key=key))
    assert after["key"] == key and after["options"][key] == {"text": before["options"][key]["text"], "why_wrong": ""}
    after = good(written.edit(before["id"], options=_options("Osmosis", "Diffusion", "Filtration"), key=2))
    assert [option["why_wrong"] for option in after["options"]] == ["Osmosis is wrong.", "Diffusion is wrong.", ""]


def test_an_edit_of_nothing_changes_nothing(user: User) -> None:
    """The same again, empty, or null: an edit may be repeated, and a review stands."""
    written = write_questions(user, 1)
    question = written.all()[0]
    before = good(written.act(question["id"], "approve"))
    names = ("stem", "options", "key", "explanation", "difficulty", "bloom")
    for changes in ({}, {"stem": None}, {name: before[name] for name in names}):
        assert good(written.edit(question["id"], **changes)) == before
    assert written.get(question["id"]) == before


@pytest.mark.parametrize("changes", [{"stem": "Which is it?"}, {"key": 9}, {"explanation": "So it is."}])
def test_what_was_judged_is_judged_anew(user: User, changes: dict[str, Any]) -> None:
    """A changed word can make a right answer wrong: reason and comment go too."""
    written = write_questions(user, 1)
    question = written.all()[0]
    if "key" in changes:
        changes = {"key": (question["key"] + 1) % 4}
    rejected = good(written.act(question["id"], "reject", reason="poor_wording", comment="Mend it."))
    assert rejected["review_status"] == "rejected"
    after = good(written.edit(question["id"], **changes))
    assert (after["review_status"], after["review_reason"], after["review_comment"]) == ("unreviewed", None, None)


def test_labels_leave_the_review_alone(user: User) -> None:
    """Difficulty and Bloom level are not what was judged; students never see them."""
    written = write_questions(user, 1)
    question = written.all()[0]
    good(written.act(question["id"], "reject", reason="too_hard", comment="Far too hard."))
    after = good(written.edit(question["id"], difficulty="hard", bloom="analyze"))
    assert (after["difficulty"], after["bloom"]) == ("hard", "analyze") and after["edited_at"]
    assert (after["review_status"], after["review_reason"]) == ("rejected", "too_hard")
    assert after["review_comment"] == "Far too hard."


def test_flaws_are_looked_for_anew(user: User) -> None:
    """They come with an edit that makes them and go with one that mends them."""
    written = write_questions(user, 1)
    question = written.all()[0]
    options = [dict(option) for option in question["options"]]
    last = next(index for index in (3, 2) if index != question["key"])
    options[last] = {"text": "All of the above", "why_wrong": "No."}
    flawed = good(written.edit(question["id"], options=options))
    assert "combined-options" in flawed["flaws"]
    assert written.get(question["id"])["flaws"] == flawed["flaws"]
    mended = good(written.edit(question["id"], options=question["options"]))
    assert mended["flaws"] == question["flaws"]


def test_flaws_are_looked_for_beside_the_text(user: User) -> None:
    """A key that the quote does not speak of is found for as long as the text is there."""
    written = write_questions(user, 1)
    question = written.all()[0]
    options = [dict(option) for option in question["options"]]
    options[question["key"]]["text"] = "Zeppelins over Friedrichshafen"
    assert "key-grounded" in good(written.edit(question["id"], options=options))["flaws"]
    document = user.client.get(f"/quiz/{written.quiz_id}/documents").json()["items"][0]["id"]
    user.client.delete(f"/quiz/{written.quiz_id}/documents/{document}").raise_for_status()
    options[question["key"]]["text"] = "Airships over Friedrichshafen"
    assert "key-grounded" not in good(written.edit(question["id"], options=options))["flaws"]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"stem": ""}, ["stem"]),
        ({"stem": "   "}, ["stem"]),
        ({"stem": LONG}, ["stem"]),
        ({"stem": "a\u0000b"}, ["stem"]),
        ({"stem": 5}, ["stem"]),
        ({"explanation": ""}, ["explanation"]),
        ({"explanation": LONG}, ["explanation"]),
        ({"options": []}, ["options"]),
        ({"options": _options("One", "Two")}, ["options"]),
        ({"options": _options("One", "Two", "Three", "Four", "Five", "Six")}, ["options"]),
        ({"options": _options("One", "Two", "")}, ["options.2.text"]),
        ({"options": _options("One", "Two", LONG)}, ["options.2.text", "options.2.why_wrong"]),
        ({"options": [{"why_wrong": "No."}, *_options("One", "Two")]}, ["options.0.text"]),
        ({"options": [{"text": "One", "right": True}, *_options("Two", "Three")]}, ["options.0.right"]),
        ({"options": _options("One", " one. ", "Three", "Four")}, ["options.1.text"]),
        ({"options": _options("One", "Two", "One", "Two")}, ["options.2.text", "options.3.text"]),
        ({"options": _options("One", "Two", "Three"), "key": 3}, ["key"]),
        ({"key": 4}, ["key"]),  # there are four
        ({"key": -1}, ["key"]),
        ({"key": 5}, ["key"]),
        ({"key": True}, ["key"]),
        ({"key": "1"}, ["key"]),
        ({"difficulty": "brutal"}, ["difficulty"]),
        ({"bloom": "create"}, ["bloom"]),
        ({"slot": 1}, ["slot"]),
        ({"review_status": "approved"}, ["review_status"]),
    ],
)
def test_an_invalid_edit_names_its_fields(refused: Written, changes: dict[str, Any], named: list[str]) -> None:
    """422, and the question is as it was."""
    before = refused.all()[0]
    assert fields(refused.edit(before["id"], **changes)) == named
    assert refused.get(before["id"]) == before


def test_fewer_options_need_a_key_among_them(user: User) -> None:
    """The key that stays has to name one of the new options."""
    written = write_questions(user, 1)
    question = written.all()[0]
    good(written.edit(question["id"], key=3))
    assert fields(written.edit(question["id"], options=_options("One", "Two", "Three"))) == ["key"]
    assert good(written.edit(question["id"], options=_options("One", "Two", "Three"), key=0))["key"] == 0
