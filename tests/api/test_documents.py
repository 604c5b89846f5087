"""Documents over HTTP: files and pasted text, what is taken, and what is told about the rest."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from api.routes.documents import MOST_FILES
from domain.documents import MOST_BYTES
from tests.api.server import ApiProcess, User

PROSE = "The mitochondrion makes most of the energy that a cell needs, and it has a genome of its own. " * 8
PART = b"--x\r\nContent-Disposition: form-data"
HTML = f"<!doctype html><html><head><title>The cell</title></head><body><h1>Cells</h1><p>{PROSE}</p></body></html>"


@pytest.fixture(scope="module")
def user(api: ApiProcess) -> Iterator[User]:
    """One for all tests of this file: each makes quizzes of its own."""
    user = User(api.url, f"{uuid.uuid4().hex}@school.example")
    yield user
    user.client.close()


@pytest.fixture
def address(user: User) -> str:
    """Where documents of a new quiz are."""
    return f"/quiz/{user.quiz()}/documents"


def upload(user: User, address: str, *files: tuple[str, bytes], field: str = "files") -> httpx2.Response:
    """Send files as a browser does."""
    return user.client.post(address, files=[(field, file) for file in files])


def assert_refused(answer: httpx2.Response, status: int, kind: str) -> dict[str, Any]:
    """A problem of this kind."""
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json"), answer.text
    body: dict[str, Any] = answer.json()
    assert body["type"] == f"/problems/{kind}"
    return body


@pytest.mark.parametrize(
    ("name", "content", "title"),
    [
        ("cell.txt", PROSE, "cell"),
        ("cell.md", f"# About cells\n\n{PROSE}", "About cells"),
        ("cell.html", HTML, "The cell"),
        ("cell.HTM", HTML, "The cell"),
        ("no-ending", PROSE, "no-ending"),
        ("\u7ec6\u80de.md", f"# \u7ec6\u80de\n\n{PROSE}", "\u7ec6\u80de"),
    ],
)
def test_a_file_is_taken(user: User, address: str, name: str, content: str, title: str) -> None:
    """Text, Markdown and HTML: 201 with its title; the text is read again without the marks of HTML."""
    added = upload(user, address, (name, content.encode())).raise_for_status()
    assert added.status_code == 201 and added.json()["already_there"] == 0
    (document,) = added.json()["items"]
    assert (document["name"], document["title"]) == (name, title)
    assert user.client.get(address).json()["items"] == [document]
    whole = user.client.get(f"{address}/{document['id']}").json()
    assert (
        len(whole["text"]) == document["characters"] and PROSE.strip() in whole["text"] and "<p>" not in whole["text"]
    )


def test_several_files_keep_their_order(user: User, address: str) -> None:
    """The order of the request, then that of later requests; a file with the same text is there once."""
    first = upload(user, address, *((f"{n}.txt", f"{n} {PROSE}".encode()) for n in (3, 1, 2))).raise_for_status()
    assert [one["name"] for one in first.json()["items"]] == ["3.txt", "1.txt", "2.txt"]
    again = upload(user, address, ("0.txt", f"0 {PROSE}".encode()), ("other-name.txt", f"1 {PROSE}".encode()))
    assert again.status_code == 201 and again.json()["already_there"] == 1
    twice = upload(user, address, ("a.txt", f"a {PROSE}".encode()), ("b.txt", f"a {PROSE}".encode()))
    assert twice.json()["already_there"] == 1 and len(twice.json()["items"]) == 1
    listed = user.client.get(address).json()["items"]
    assert [one["name"] for one in listed] == ["3.txt", "1.txt", "2.txt", "0.txt", "a.txt"]


def test_pasted_text_is_taken(user: User, address: str) -> None:
    """As JSON; repeated it is told as there already."""
    document = {"title": "Chapter 3: The cell", "text": f"## The cell\n\n{PROSE}"}
    added = user.client.post(address, json=document)
    assert (added.status_code, added.json()["items"][0]["title"]) == (201, document["title"])
    assert user.client.post(address, json=document).json()["already_there"] == 1
    assert len(user.client.get(address).json()["items"]) == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.txt", b""),
        ("blank.md", b" \n\t\r\n"),
        ("short.txt", b"Too short to ask about."),
        ("tags.html", b"<html><body><script>let x = 1;</script></body></html>"),
        ("book.pdf", b"%PDF-1.7\n" + bytes(range(256)) * 20),
        ("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20),
        ("zip.docx", b"PK\x03\x04" + bytes(range(256)) * 20),
        ("binary.txt", bytes(range(256)) * 50),
        ("nul.txt", PROSE.encode() + b"\x00"),
    ],
)
def test_unusable_files_are_told(user: User, address: str, name: str, content: bytes) -> None:
    """422 with the file's name and what to do; of a request with one of them nothing is kept."""
    good = ("good.txt", PROSE.encode())
    body = assert_refused(upload(user, address, good, (name, content)), 422, "unusable-content")
    assert name in body["detail"]
    assert user.client.get(address).json()["items"] == []


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("/etc/passwd.md", "passwd.md"),
        ("C:\\Users\\x\\notes.txt", "notes.txt"),
        ("a\u202etxt.exe", "atxt.exe"),
        ("x" * 400 + ".txt", None),
        ("two  spaces\t.txt", None),
        ("\U0001f9ec.txt", "\U0001f9ec.txt"),
    ],
)
def test_a_name_is_only_a_name(user: User, address: str, name: str, kept: str | None) -> None:
    """Paths, invisible signs and great length are cut away; the document is taken."""
    (document,) = upload(user, address, (name, PROSE.encode())).raise_for_status().json()["items"]
    assert kept is None or document["name"] == kept
    assert 0 < len(document["name"]) <= 200 and not set(document["name"]) & set("/\\\n\u202e")


@pytest.mark.parametrize("name", [b"", b".txt", b'a\\"b.txt', b"\xff\xfe.txt", b"%2e%2e%2fx", b"nul\x01.txt"])
@pytest.mark.parametrize(
    "charset", [b"", b"undefined", b"punycode", b"idna", b"unicode_escape", b"utf-16", b"rot13", b"x\xff"]
)
def test_no_name_and_no_charset_of_a_client_is_a_fault(user: User, address: str, name: bytes, charset: bytes) -> None:
    """Names are bytes of a stranger, and so is the codec they say it is in: taken or 422."""
    body = b'--x\r\nContent-Disposition: form-data; name="files"; filename="' + name + b'"\r\n\r\n'
    body += PROSE.encode() + b"\r\n--x--\r\n"
    kind = b"multipart/form-data; boundary=x" + (b"; charset=" + charset if charset else b"")
    answer = user.client.post(address, content=body, headers=[(b"Content-Type", kind)])
    assert answer.status_code in (201, 422), answer.text


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b""),
        ("multipart/form-data; boundary=x", b""),
        ("multipart/form-data; boundary=x", b"--x\r\n"),
        ("multipart/form-data; boundary=x", b"not multipart at all"),
        ("multipart/form-data; boundary=x", b"--x--\r\n"),
        ("multipart/form-data; boundary=x", PART + b'; name="files"; filename="a.txt"\r\n\r\nabc'),
        ("multipart/form-data; boundary=x", PART + b'; name="files"\r\n\r\nabc\r\n--x--\r\n'),
        ("multipart/form-data; boundary=x", PART + b"\r\n\r\nabc\r\n--x--\r\n"),
        ("multipart/form-data; boundary=" + "y" * 500, b"--x--\r\n"),
        ("application/json", b""),
        ("application/json", b"{"),
        ("application/json", b'{"title": "x"}'),
        ("application/json", b'{"title": "", "text": "y"}'),
        ("application/json", b'{"title": "x", "text": ""}'),
        ("application/json", b'{"title": "x", "text": "y", "name": "z"}'),
        ("application/json", b'{"title": "x", "text": "\\ud800"}'),
        ("application/json", b'{"title": "\\ud800", "text": "y"}'),
        ("application/json", b'{"title": "a\\u0000b", "text": "y"}'),
        ("application/json", b'{"title": "x", "text": 5}'),
        ("application/json; charset=utf-16", json.dumps({"title": "x", "text": PROSE}).encode("utf-16")),
    ],
)  # fmt: skip
def test_a_body_that_holds_no_document_is_told(user: User, address: str, kind: str, body: bytes) -> None:
    """422 `invalid`, with the field."""
    answer = user.client.post(address, content=body, headers={"Content-Type": kind})
    assert assert_refused(answer, 422, "invalid")["errors"]


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/pdf", "application/x-www-form-urlencoded", "multipart/mixed", "x"]
)
def test_another_content_type_is_told(user: User, address: str, kind: str) -> None:
    """415, and what would be taken."""
    headers = {"Content-Type": kind} if kind else {}
    body = assert_refused(user.client.post(address, content=PROSE, headers=headers), 415, "unsupported-media-type")
    assert "multipart/form-data" in body["detail"] and "application/json" in body["detail"]


def test_the_field_is_called_files(user: User, address: str) -> None:
    """422 for another name; other fields beside it do no harm."""
    body = assert_refused(upload(user, address, ("a.txt", PROSE.encode()), field="file"), 422, "invalid")
    assert [error["field"] for error in body["errors"]] == ["files"]
    beside = user.client.post(address, files={"files": ("a.txt", PROSE.encode())}, data={"note": "hello"})
    assert beside.status_code == 201


def test_too_many_files_are_told(user: User, address: str) -> None:
    """As many as are allowed at once, and one more."""
    files = [(f"{n}.txt", f"{n} {PROSE}".encode()) for n in range(MOST_FILES + 1)]
    assert upload(user, address, *files).status_code == 422
    assert user.client.get(address).json()["items"] == []
    assert upload(user, address, *files[:-1]).status_code == 201
    assert len(user.client.get(address).json()["items"]) == MOST_FILES


@pytest.mark.parametrize("with_length", [True, False])
@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "application/json"])
def test_a_body_over_the_limit_is_413(user: User, address: str, kind: str, with_length: bool) -> None:
    """Told by its length, or found while it comes in chunks that say nothing."""
    head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'
    start = head if kind.startswith("multipart") else b'{"title": "x", "text": "'
    body = start + PROSE.encode() * (MOST_BYTES // len(PROSE) + 500)
    step = 1_000_000
    content = body if with_length else iter([body[at : at + step] for at in range(0, len(body), step)])
    answer = user.client.post(address, content=content, headers={"Content-Type": kind})
    assert_refused(answer, 413, "too-large")
    assert user.client.get(address).json()["items"] == []


def test_a_quiz_holds_so_much_and_no_more(user: User, address: str) -> None:
    """The documents together: 413 for the one that is over, and those before it stay."""
    part = (PROSE * (MOST_BYTES // 2 // len(PROSE) + 1)).encode()
    assert upload(user, address, ("half.txt", part)).status_code == 201
    body = assert_refused(upload(user, address, ("rest.txt", b"And " + part)), 413, "too-large")
    assert "10,000,000" in body["detail"]
    assert upload(user, address, ("half again.txt", part)).json()["already_there"] == 1
    assert upload(user, address, ("small.txt", PROSE.encode())).status_code == 201
    assert [one["name"] for one in user.client.get(address).json()["items"]] == ["half.txt", "small.txt"]


def test_a_document_is_deleted(user: User, address: str) -> None:
    """204, then 404; the others stay, and the same text can come again."""
    added = upload(user, address, ("a.txt", f"a {PROSE}".encode()), ("b.txt", f"b {PROSE}".encode())).json()["items"]
    gone = f"{address}/{added[0]['id']}"
    assert user.client.delete(gone).status_code == 204
    assert user.client.get(gone).status_code == user.client.delete(gone).status_code == 404
    assert [one["name"] for one in user.client.get(address).json()["items"]] == ["b.txt"]
    assert upload(user, address, ("a.txt", f"a {PROSE}".encode())).json()["already_there"] == 0
