"""PostgreSQL away, slow or silent: 503 with a time within seconds on every route, never a hang, then back."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import httpx2
import pytest

from tests.api.cut import HANGS, Cut
from tests.support.content import sample_chapter
from tests.support.openapi import Operation, operations
from tests.support.proxy import Way
from tests.support.waiting import until_now

ODD = [Way.REFUSING, Way.SLOW, Way.SILENT]


def _status_of(client: httpx2.Client, request: dict[str, Any]) -> int:
    return client.request(**request).status_code


def _requests(cut: Cut, quiz_id: str) -> list[tuple[Operation, dict[str, Any]]]:
    """A request for each route that needs PostgreSQL."""
    document = cut.user.client.get("/openapi.json").json()
    nobody = str(uuid.uuid4())
    ids = {"quiz_id": quiz_id, "workflow_id": f"mcq_{quiz_id}_00000000", "document_id": nobody, "question_id": nobody}
    needing = [one for one in operations(document) if one.needs_token or one.path.startswith("/auth")]
    return [(one, one.request(ids)) for one in needing]


@pytest.mark.parametrize("way", ODD, ids=lambda way: way.value)
def test_without_postgresql_every_route_says_so_in_time(cut: Cut, way: Way) -> None:
    """503 with Retry-After, all at once as a full class would ask; and each route is back without a restart."""
    quiz_id = cut.user.quiz(text=sample_chapter().text)
    requests = _requests(cut, quiz_id)
    files = {"files": ("chapter.md", sample_chapter().text.encode())}
    upload = {"method": "POST", "url": f"/quiz/{quiz_id}/documents", "files": files}
    asked = [(str(one), request) for one, request in requests] + [("upload of a file", upload)]
    cut.database.turn(way)

    def send(one: tuple[str, dict[str, Any]]) -> tuple[str, float, httpx2.Response]:
        began = time.monotonic()
        answer = cut.user.client.request(**one[1])
        return one[0], time.monotonic() - began, answer

    with ThreadPoolExecutor(len(asked)) as pool:
        answers = list(pool.map(send, asked))
    print(f"\nPostgreSQL {way.value}:")  # noqa: T201 - the measured times, with pytest -s or on failure
    for name, seconds, answer in answers:
        print(f"  {seconds:5.2f} s  {answer.status_code}  {name}")  # noqa: T201
    for name, seconds, answer in answers:
        assert answer.status_code == 503, (name, answer.text)
        assert int(answer.headers["Retry-After"]) >= 1, name
        assert answer.headers["Content-Type"] == "application/problem+json", name
        assert seconds < HANGS, name
    assert cut.user.client.get("/healthz").status_code == 200
    assert (cut.ready()["database"], cut.ready()["temporal"]) == (False, True)
    cut.database.turn(Way.OPEN)
    began = time.monotonic()
    for one, request in _requests(cut, quiz_id):
        if not one.path.endswith("/events"):
            until_now(partial(_status_of, cut.user.client, request), lambda status: status < 500, 15)
    print(f"  {time.monotonic() - began:5.2f} s until every route is back")  # noqa: T201 - the measured time


def test_no_read_fails_once_postgresql_is_back(cut: Cut) -> None:
    """A restart of PostgreSQL breaks every connection; none of them costs a request after it is back."""
    quiz_id = cut.user.quiz(text=sample_chapter().text)
    workflow_id = cut.user.generate(quiz_id, 2)

    def status(_: int) -> int:
        where = {"workflow_id": workflow_id}
        return cut.user.client.get(f"/quiz/{quiz_id}/generation-status", params=where).status_code

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(status, range(40))) == {200}
    cut.database.turn(Way.REFUSING)
    cut.database.turn(Way.OPEN)
    until_now(lambda: cut.ready()["database"])
    assert [status(one) for one in range(12)] == [200] * 12
    cut.user.client.post(f"/quiz/{quiz_id}/cancel-generation", params={"workflow_id": workflow_id})


@pytest.mark.parametrize("way", ODD, ids=lambda way: way.value)
def test_machines_are_answered_without_postgresql(cut: Cut, way: Way) -> None:
    """/healthz says that the process lives, /readyz which part is away, /metrics what is known without it."""
    assert cut.ready() | {"workers": 0, "ready": False} == cut.ready()
    cut.database.turn(way)
    began = time.monotonic()
    assert cut.user.client.get("/healthz").status_code == 200
    ready = cut.user.client.get("/readyz")
    assert (ready.status_code, ready.headers["Retry-After"]) == (503, "2")
    assert (ready.json()["database"], ready.json()["temporal"]) == (False, True)
    assert cut.user.client.get("/metrics").status_code == 200
    assert time.monotonic() - began < 2 * HANGS
