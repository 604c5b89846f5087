"""Temporal away or silent, answers lost on the way, time that runs out: a start happens once or not at all."""

import time
import uuid
from pathlib import Path

import httpx2
import psycopg
import pytest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from embedded.part import Addresses
from settings import Settings
from tests.api.cut import HANGS, Cut, behind, host_of
from tests.api.server import ApiProcess
from tests.support.content import sample_chapter
from tests.support.databases import copy_of
from tests.support.proxy import Proxy, Way
from tests.support.waiting import until, until_now


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
    """With a database so slow that time runs out in the middle of a start; repeated with its key: one workflow.

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
    where = {"workflow_id": workflow_id}
    before = cut.user.status(quiz_id, workflow_id)
    cut.temporal.turn(way)
    began = time.monotonic()
    refused = cut.user.client.post(f"/quiz/{quiz_id}/{deed}-generation", params=where)
    assert refused.status_code == 503, refused.text
    assert int(refused.headers["Retry-After"]) >= 1 and time.monotonic() - began < HANGS
    now = cut.user.status(quiz_id, workflow_id)
    assert (now["status"], now["pausing"]) == (before["status"], False)
    cut.temporal.turn(Way.OPEN)
    done = until_now(
        lambda: cut.user.client.post(f"/quiz/{quiz_id}/{deed}-generation", params=where),
        lambda answer: answer.status_code != 503,
    )
    assert done.status_code == (400 if deed == "resume" else 202), done.text  # running: nothing to resume
    cut.user.client.post(f"/quiz/{quiz_id}/cancel-generation", params=where)


def test_it_starts_while_both_are_away(
    stack: Addresses, template_database: str, api_settings: Settings, tmp_path: Path
) -> None:
    """The process comes up, says what is missing, and serves as soon as they are there."""
    with (
        copy_of(template_database) as url,
        Proxy(host_of(url), way=Way.REFUSING) as database,
        Proxy(stack.temporal_address, way=Way.REFUSING) as temporal,
        ApiProcess(behind(api_settings, url, database, temporal), tmp_path) as api,
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
