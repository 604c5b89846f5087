"""Whatever is sent, the answer is a problem that says what to do: never a fault, never a page of the framework."""

import json
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from api.app import create_app
from api.guards import MOST_JSON
from settings import Settings
from tests.api.server import ApiProcess, User
from tests.support.openapi import Operation, operations

ALL = list(operations(create_app(Settings(_env_file=None)).openapi()))
TAKES_JSON = [one for one in ALL if "application/json" in one.media_types]
JSON = {"Content-Type": "application/json"}
BROKEN = {
    "nothing": b"",
    "half an object": b"{",
    "a word": b"null",
    "a list": b"[]",
    "a text": b'"text"',
    "deep": b"[" * 100_000,
    "deep in a field": b'{"title":' + b"[" * 50_000,
    "a number of 5,000 digits": b'{"title":' + b"9" * 5_000 + b"}",
    "no UTF-8": b'{"title": "\xff\xfe"}',
    "half a character": b'{"title": "\xc3',
    "NUL": b"\x00",
    "not a number": b'{"title": NaN, "email": -Infinity}',
    "a field that is not known": b'{"title": "x", "\\ud800": 1}',
}


def assert_problem(answer: httpx2.Response, *statuses: int) -> None:
    """One of these statuses, as a problem with an id to ask about."""
    assert answer.status_code in statuses, (answer.status_code, answer.text[:300])
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["X-Request-Id"]
    assert answer.json()["status"] == answer.status_code


@pytest.fixture(scope="module")
def user(api: ApiProcess) -> Iterator[User]:
    """One for all tests of this file: none of them changes anything."""
    user = User(api.url, f"{uuid.uuid4().hex}@school.example")
    yield user
    user.client.close()


@pytest.fixture(scope="module")
def ids(user: User) -> dict[str, str]:
    """A quiz of the user, and ids of what is not there."""
    return {"quiz_id": user.quiz(), "kind": "invalid"}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("operation", TAKES_JSON, ids=str)
def test_a_body_that_is_no_json(operation: Operation, body: bytes, user: User, ids: dict[str, str]) -> None:
    """422 with the field; a body that cannot be read at all is the field `body`."""
    request = operation.request(ids)
    request.pop("json")
    answer = user.client.request(**request, content=body, headers=JSON)
    assert_problem(answer, 422) if "question_id" not in operation.path else assert_problem(answer, 404, 422)
    if body in (b"{", b"\x00", b"[" * 100_000) and answer.status_code == 422:
        assert [error["field"] for error in answer.json()["errors"]] == ["body"]


def _strings(operation: Operation) -> Iterator[tuple[dict[str, Any], str]]:
    """Bodies of an operation, each with one field taken for a text, and that field's name."""
    schema = operation.spec["requestBody"]["content"]["application/json"]["schema"]
    whole = operation.example(schema)
    for name in operation._resolved(schema).get("properties", {}):
        yield dict(whole), name


@pytest.mark.parametrize("operation", TAKES_JSON, ids=str)
def test_strange_values_in_every_field(operation: Operation, user: User, ids: dict[str, str]) -> None:
    """Lone surrogates, control characters, numbers without end, wrong types: 422, and never told back."""
    strange = [
        '"\\ud800"', '"a\\udfffb"', '"a\\u0000b"', '"\\u0007"', '"' + "x" * 5_000 + '"', '" "', "1e400", "-1e400",
        "1e-400", "1" + "0" * 400, "-0", "true", "[]", "{}", '[[["x"]]]', '{"a": null}', '"\\u202e"', "NaN",
    ]  # fmt: skip
    request = operation.request(ids)
    request.pop("json")
    for body, name in _strings(operation):
        for value in strange:
            text = json.dumps(body | {name: "@@"}).replace('"@@"', value)
            answer = user.client.request(**request, content=text.encode(), headers=JSON)
            assert answer.status_code < 500, (name, value, answer.text)
            if answer.status_code >= 400:
                assert_problem(answer, 404, 409, 413, 422)
                assert "\\ud800" not in answer.text


@pytest.mark.parametrize("name", ["workflow_id", "cursor", "limit", "nobody-knows-it"])
@pytest.mark.parametrize(
    "value", ["%00", "%ff%fe", "a%0Ab", "%F0%9F%98%80", "9" * 5_000, "-1", "", "1e9", "..%2F", "%ED%A0%80"]
)
def test_strange_queries(user: User, name: str, value: str) -> None:
    """Known parameters are checked, unknown ones ignored."""
    quiz_id = user.quiz()
    for path in ("/quiz", f"/quiz/{quiz_id}/generation-status"):
        answer = user.client.get(f"{path}?{name}={value}")
        if answer.status_code != 200:
            assert_problem(answer, 404, 422)


@pytest.mark.parametrize(
    "cursor",
    [
        "2020-01-01T00:00:00+23:59|{0}", "2020-01-01T00:00:00+00:00:00.5|{0}", "0001-01-01T00:00:00+14:00|{0}",
        "9999-12-31T23:59:59-14:00|{0}", "2020-01-01|{0}", "|", "2020-01-01T00:00:00Z|", "x",
    ],
)  # fmt: skip
def test_cursors_made_by_hand(user: User, cursor: str) -> None:
    """Rubbish in the right form is a page or a 422."""
    text = urlsafe_b64encode(cursor.format(uuid.uuid4()).encode()).decode().rstrip("=")
    answer = user.client.get("/quiz", params={"cursor": text})
    if answer.status_code != 200:
        assert_problem(answer, 422)


@pytest.mark.parametrize("value", ["", "x", '"', "*,*", 'W/"', "\u00e9" * 50, "," * 9_000, '"a"' * 9_000])
def test_strange_etags(user: User, ids: dict[str, str], value: str) -> None:
    """`If-None-Match` that names nothing of ours is no reason to fail."""
    headers = [(b"If-None-Match", value.encode("latin-1"))]
    answer = user.client.get(f"/quiz/{ids['quiz_id']}/generation-status", headers=headers)
    assert answer.status_code == (304 if "*" in value else 200)


@pytest.mark.parametrize("value", ["x", "-1", "1.5.5", "1e3", "9" * 19, "1.", ".1", "\u00b2", "1 2", "0x1", "+1"])
def test_strange_event_ids(user: User, ids: dict[str, str], value: str) -> None:
    """A `Last-Event-ID` that is none of ours is 422, not a stream of everything."""
    headers = [(b"Last-Event-ID", value.encode("latin-1"))]
    assert_problem(user.client.get(f"/quiz/{ids['quiz_id']}/events", headers=headers), 422)


@pytest.mark.parametrize("value", ["", "x" * 256, "\u00e9", "a b", "a\tb"])
def test_strange_idempotency_keys(user: User, value: str) -> None:
    """One that cannot be kept is 422, and nothing is started."""
    quiz_id = user.quiz(text="Words about cells and what is in them. " * 30)
    headers = [(b"Idempotency-Key", value.encode("latin-1"))]
    body = {"target_question_count": 1}
    assert_problem(user.client.post(f"/quiz/{quiz_id}/generate-questions", json=body, headers=headers), 422)
    assert user.client.get(f"/quiz/{quiz_id}/generation-status").json() == {"items": []}


@pytest.mark.parametrize("operation", [one for one in ALL if one.method == "GET"], ids=str)
def test_allow_names_every_method(operation: Operation, user: User, ids: dict[str, str]) -> None:
    """405 with all that the address takes."""
    path = operation.request(ids)["url"]
    taken = {one.method for one in ALL if one.path == operation.path}
    for method in {"PUT", "TRACE", "OPTIONS", "PROPFIND"} - taken:
        answer = user.client.request(method, path)
        assert_problem(answer, 405)
        assert set(answer.headers["Allow"].split(", ")) - {"HEAD"} == taken, method


@pytest.mark.parametrize("operation", ALL, ids=str)
def test_an_address_has_one_form(operation: Operation, user: User, ids: dict[str, str]) -> None:
    """With a slash behind it, in capitals or with a dot it is another address: 404, no redirect, nothing is done."""
    request = operation.request(ids)
    path = request["url"]
    for url in (f"{path}/", f"/{path}", path.upper() if path.islower() else f"{path}//", f"/v1{path}"):
        assert_problem(user.client.request(**request | {"url": str(user.client.base_url).rstrip("/") + url}), 404)


def test_head_has_no_body(user: User) -> None:
    """HEAD is told as not allowed, or answered like GET; in both cases without a body."""
    for path in ("/quiz", "/healthz", "/nowhere"):
        answer = user.client.head(path)
        assert answer.status_code in (200, 404, 405) and answer.content == b""


@pytest.mark.parametrize("header", ["X-Request-Id", "Cookie", "Accept", "Accept-Language", "User-Agent", "X-Rubbish"])
def test_long_headers(user: User, header: str) -> None:
    """A hundred kilobytes are no reason to fail, and are not sent back."""
    answer = user.client.get("/quiz", headers={header: "x" * 100_000})
    assert answer.status_code in (200, 400, 431) and len(answer.headers.get("X-Request-Id", "")) <= 64


@pytest.mark.parametrize("value", ["a b", "\u00e9", "x" * 65, "<script>", ""])
def test_an_id_of_a_request_is_kept_when_it_is_one(user: User, value: str) -> None:
    """A caller's own id comes back; what is none is replaced."""
    assert user.client.get("/healthz", headers={"X-Request-Id": "abc-1.2_3"}).headers["X-Request-Id"] == "abc-1.2_3"
    answer = user.client.get("/healthz", headers=[(b"X-Request-Id", value.encode("latin-1"))])
    assert len(answer.headers["X-Request-Id"]) == 32


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "", "application/json; charset=utf-16", "*/*", "x"])
def test_a_body_of_another_type(user: User, kind: str) -> None:
    """JSON under another name is refused or read, and never a fault."""
    headers = {"Content-Type": kind} if kind else {}
    answer = user.client.post("/quiz", content=b'{"title": "x"}', headers=headers)
    if answer.status_code != 201:
        assert_problem(answer, 415, 422)


@pytest.mark.parametrize("operation", [one for one in TAKES_JSON if not one.path.endswith("/documents")], ids=str)
@pytest.mark.parametrize("with_length", [True, False])
def test_a_body_without_a_length_is_bounded(
    operation: Operation, user: User, ids: dict[str, str], with_length: bool
) -> None:
    """413 as soon as it is known, whether the client tells the length before or sends chunks."""
    body = b'{"title": "' + b"x" * (2 * MOST_JSON) + b'"}'
    request = operation.request(ids)
    request.pop("json")
    content = body if with_length else iter([body[:100_000], body[100_000:300_000], body[300_000:]])
    answer = user.client.request(**request, content=content, headers=JSON)
    assert_problem(answer, 413)


@pytest.mark.parametrize(
    "path", ["/", "/nowhere", "/quiz/%2e%2e/healthz", "/docs/..", "//", "/quiz//documents", "/%00", "/%ff"]
)
def test_what_is_nowhere(api: ApiProcess, path: str) -> None:
    """404 as a problem, also without a token (and 401 where an address begins like one of ours)."""
    assert_problem(httpx2.get(api.url + path, trust_env=False), 404, 401)


async def test_a_fault_has_the_id_by_which_it_is_found() -> None:
    """A bug of ours is a problem too, with the X-Request-Id that its `what_to_do` asks for, and no inside of ours."""
    app: FastAPI = create_app(Settings(_env_file=None))

    @app.get("/bug")
    async def bug() -> None:
        raise KeyError("a secret detail")

    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://api") as client:
        answer = await client.get("/bug")
    assert_problem(answer, 500)
    assert answer.json()["type"] == "/problems/internal" and "secret detail" not in answer.text
