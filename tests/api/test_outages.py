"""PostgreSQL or Temporal away, slow or silent: 503 with a time within seconds, never a fault or a hang, then back."""

import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest
from pydantic import SecretStr
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from embedded.part import Addresses
from settings import Settings
from tests.api.server import ApiProcess, User
from tests.support.content import sample_chapter
from tests.support.databases import copy_of
from tests.support.openapi import Operation, operations
from tests.support.proxy import Proxy, Way
from tests.support.waiting import until, until_now

# A hang, not a slow machine: what is promised is 3 s.
HANGS = 8.0
ODD = [Way.REFUSING, Way.SLOW, Way.SILENT]


@dataclass
class Cut:
    """An API whose ways to PostgreSQL and Temporal can be cut; nobody writes questions."""

    api: ApiProcess
    database: Proxy
    temporal: Proxy
    database_url: str
    user: User

    def rows(self, quiz_id: str) -> list[tuple[str, str]]:
        """Workflow id and status of each generation of a quiz, past the proxy."""
        with psycopg.connect(self.database_url) as connection:
            query = "SELECT workflow_id, status FROM workflow_state WHERE quiz_id = %s ORDER BY created_at"
            return list(connection.execute(query, (quiz_id,)))

    def ask(self, quiz_id: str, key: str | None = None, **body: Any) -> httpx2.Response:
        """Ask for two questions."""
        headers = {"Idempotency-Key": key} if key else {}
        request = {"target_question_count": 2, **body}
        return self.user.client.post(f"/quiz/{quiz_id}/generate-questions", json=request, headers=headers)

    def mend(self) -> None:
        """Open both ways and wait until a request that needs PostgreSQL and Temporal is served."""
        self.database.turn(Way.OPEN)
        self.temporal.turn(Way.OPEN)
        until_now(lambda: self.ready(), lambda ready: ready["database"] and ready["temporal"], 30)
        until_now(lambda: self.user.client.get("/quiz").status_code, lambda status: status == 200, 30)
        nothing = f"/quiz/{uuid.uuid4()}/generation-status?workflow_id=none"
        until_now(lambda: self.user.client.get(nothing).status_code, lambda status: status == 404, 30)

    def ready(self) -> dict[str, Any]:
        """What /readyz tells."""
        content: dict[str, Any] = self.user.client.get("/readyz").json()
        return {"database": False, "temporal": False, **content}


@pytest.fixture(scope="module")
def cut_off(
    stack: Addresses, template_database: str, api_settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cut]:
    """The API behind two proxies, with a database and a task queue of its own."""
    with (
        copy_of(template_database) as url,
        Proxy(url.rpartition("@")[2].partition("/")[0]) as database,
        Proxy(stack.temporal_address) as temporal,
    ):
        with ApiProcess(_behind(api_settings, url, database, temporal), tmp_path_factory.mktemp("cut")) as api:
            user = User(api.url, f"{uuid.uuid4().hex}@school.example")
            yield Cut(api, database, temporal, url, user)
            user.client.close()
            database.turn(Way.OPEN)
            temporal.turn(Way.OPEN)


@pytest.fixture
def cut(cut_off: Cut) -> Iterator[Cut]:
    """The same, whole before and after."""
    cut_off.mend()
    yield cut_off
    cut_off.mend()


def _behind(settings: Settings, url: str, database: Proxy, temporal: Proxy) -> Settings:
    server, _, rest = url.rpartition("@")
    through = f"{server}@{database.address}/{rest.partition('/')[2]}"
    return settings.model_copy(
        update={
            "database_url": SecretStr(through),
            "temporal_address": temporal.address,
            "task_queue": f"cut-{uuid.uuid4().hex[:8]}",
        }
    )


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
        where = {"params": {"workflow_id": workflow_id}}
        return cut.user.client.get(f"/quiz/{quiz_id}/generation-status", **where).status_code

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


@pytest.mark.parametrize("way", [Way.REFUSING, Way.SILENT], ids=lambda way: way.value)
def test_machines_are_answered_without_temporal(cut: Cut, way: Way) -> None:
    """/readyz says that it is Temporal."""
    cut.temporal.turn(way)
    began = time.monotonic()
    ready = cut.user.client.get("/readyz")
    assert ready.status_code == 503
    assert (ready.json()["database"], ready.json()["temporal"], ready.json()["workers"]) == (True, False, None)
    assert time.monotonic() - began < HANGS


async def _workflows(temporal: Client, cut: Cut, quiz_id: str) -> list[str]:
    """Those of a quiz's generations that Temporal knows."""
    known = []
    for workflow_id, _status in cut.rows(quiz_id):
        try:
            await temporal.get_workflow_handle(workflow_id).describe()
            known.append(workflow_id)
        except RPCError as error:
            assert error.status is RPCStatusCode.NOT_FOUND
    return known


@pytest.mark.parametrize("way", [Way.REFUSING, Way.SILENT, Way.ONE_WAY], ids=lambda way: way.value)
@pytest.mark.parametrize("key", [None, "a-key"])
async def test_a_start_without_temporal_is_repeated(cut: Cut, temporal: Client, way: Way, key: str | None) -> None:
    """503 and no row that says running; the same request later is 202 and there is one workflow, whatever arrived.

    With and without an Idempotency-Key.
    """
    quiz_id = cut.user.quiz(text=sample_chapter().text)
    key = key and uuid.uuid4().hex
    cut.temporal.turn(way)
    began = time.monotonic()
    answer = cut.ask(quiz_id, key)
    seconds = time.monotonic() - began
    print(f"\nTemporal {way.value}: {seconds:5.2f} s  {answer.status_code}")  # noqa: T201 - the measured time
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable"), answer.text
    assert int(answer.headers["Retry-After"]) >= 1 and seconds < HANGS
    assert "running" not in [status for _id, status in cut.rows(quiz_id)]
    (workflow_id,) = [one for one, _status in cut.rows(quiz_id)]
    # What is known is told all the while.
    shown = cut.user.client.get(f"/quiz/{quiz_id}/generation-status", params={"workflow_id": workflow_id})
    assert shown.status_code == 200, shown.text
    assert (shown.json()["status"], shown.json()["can_resume"]) == ("failed", True)
    assert cut.user.client.get(f"/quiz/{quiz_id}/generation-status").status_code == 200
    cut.temporal.turn(Way.OPEN)
    again = until_now(lambda: cut.ask(quiz_id, key), lambda answer: answer.status_code != 503)
    assert again.status_code == 202, again.text
    started = again.json()["workflow_id"]
    assert await until(lambda: _workflows(temporal, cut, quiz_id), bool) == [started]
    assert (started, "running") in cut.rows(quiz_id)
    await temporal.get_workflow_handle(started).terminate("the test is over")


async def test_a_key_is_good_for_a_start_that_was_given_up(cut: Cut, temporal: Client) -> None:
    """A client that repeats its request late, when the reconciler has settled that nothing arrived, gets its questions.

    202 for a generation that stands as failed would be a lost promise.
    """
    quiz_id, key = cut.user.quiz(text=sample_chapter().text), uuid.uuid4().hex
    cut.temporal.turn(Way.REFUSING)
    assert cut.ask(quiz_id, key).status_code == 503
    cut.temporal.turn(Way.OPEN)

    def unsettled() -> bool:
        with psycopg.connect(cut.database_url) as connection:
            query = "SELECT (state_data->'start_unanswered')::bool FROM workflow_state WHERE quiz_id = %s"
            row = connection.execute(query, (quiz_id,)).fetchone()
        return bool(row and row[0])

    until_now(unsettled, lambda still: not still, 30)
    again = until_now(lambda: cut.ask(quiz_id, key), lambda answer: answer.status_code != 503)
    assert again.status_code == 202, again.text
    started = again.json()["workflow_id"]
    assert (started, "running") in cut.rows(quiz_id)
    assert await _workflows(temporal, cut, quiz_id) == [started]
    await temporal.get_workflow_handle(started).terminate("the test is over")


@pytest.mark.parametrize("delay", [0.15, 0.25, 0.4, 0.6])
async def test_a_start_that_ran_out_of_time_is_repeated(cut: Cut, temporal: Client, delay: float) -> None:
    """With a database so slow that time runs out in the middle of a start: repeated with its key, there is one workflow.

    Whether the row, the key or the workflow had been written when the client was told 503.
    """
    quiz_id, key = cut.user.quiz(text=sample_chapter().text), uuid.uuid4().hex
    cut.database.turn(Way.SLOW, delay)
    first = cut.ask(quiz_id, key)
    assert first.status_code in (202, 503), first.text
    cut.database.turn(Way.OPEN)
    again = until_now(lambda: cut.ask(quiz_id, key), lambda answer: answer.status_code != 503)
    assert again.status_code == 202, again.text
    started = again.json()["workflow_id"]
    assert cut.rows(quiz_id) == [(started, "running")]
    assert await _workflows(temporal, cut, quiz_id) == [started]
    print(f"\nPostgreSQL {delay} s a round trip: {first.status_code}, then {again.status_code}")  # noqa: T201
    await temporal.get_workflow_handle(started).terminate("the test is over")


@pytest.mark.parametrize("way", [Way.REFUSING, Way.SILENT], ids=lambda way: way.value)
@pytest.mark.parametrize("deed", ["pause", "resume", "cancel"])
def test_what_needs_temporal_is_503_without_it(cut: Cut, way: Way, deed: str) -> None:
    """Pause, resume and cancel; the status is told as before, and the deed works when Temporal is back."""
    quiz_id = cut.user.quiz(text=sample_chapter().text)
    workflow_id = cut.user.generate(quiz_id, 2)
    where = {"params": {"workflow_id": workflow_id}}
    before = cut.user.status(quiz_id, workflow_id)
    cut.temporal.turn(way)
    began = time.monotonic()
    refused = cut.user.client.post(f"/quiz/{quiz_id}/{deed}-generation", **where)
    assert refused.status_code == 503, refused.text
    assert int(refused.headers["Retry-After"]) >= 1 and time.monotonic() - began < HANGS
    now = cut.user.status(quiz_id, workflow_id)
    assert (now["status"], now["pausing"]) == (before["status"], False)
    cut.temporal.turn(Way.OPEN)
    done = until_now(
        lambda: cut.user.client.post(f"/quiz/{quiz_id}/{deed}-generation", **where),
        lambda answer: answer.status_code != 503,
    )
    assert done.status_code == (400 if deed == "resume" else 202), done.text  # running: nothing to resume
    cut.user.client.post(f"/quiz/{quiz_id}/cancel-generation", **where)


def test_it_starts_while_both_are_away(
    stack: Addresses, template_database: str, api_settings: Settings, tmp_path: Path
) -> None:
    """The process comes up, says what is missing, and serves as soon as they are there."""
    with (
        copy_of(template_database) as url,
        Proxy(url.rpartition("@")[2].partition("/")[0], way=Way.REFUSING) as database,
        Proxy(stack.temporal_address, way=Way.REFUSING) as temporal,
        ApiProcess(_behind(api_settings, url, database, temporal), tmp_path) as api,
        httpx2.Client(base_url=api.url, trust_env=False, timeout=30) as client,
    ):
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()["database"], ready.json()["temporal"]) == (503, False, False)
        account = {"email": "a@school.example", "password": "a good password"}
        assert client.post("/auth/sign-up", json=account).status_code == 503
        database.turn(Way.OPEN)
        temporal.turn(Way.OPEN)
        until_now(lambda: client.post("/auth/sign-up", json=account).status_code, lambda status: status == 201)
        until_now(lambda: client.get("/readyz").json(), lambda ready: ready["temporal"])
