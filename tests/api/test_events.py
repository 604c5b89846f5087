"""Server-sent events: every question once, in every reader, through every interruption."""

import signal
import socket
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from settings import Settings
from tests.api.events import Event, is_end, reading, slots, until
from tests.api.server import ApiProcess, User
from tests.support.content import sample_chapter
from tests.support.waiting import until_now

pytestmark = pytest.mark.usefixtures("worker_process")


def test_each_question_is_told_as_it_lands(user: User, quiz_with_content: Callable[[], str]) -> None:
    """First where it stands, then each question once, then that it is completed; ids grow."""
    quiz_id = quiz_with_content()
    with reading(user.client, quiz_id) as events:
        first = next(events)
        assert (first.name, first.data) == ("status", None)
        workflow_id = user.generate(quiz_id, 12)
        seen = until(events, is_end)
    assert sorted(slots(seen)) == list(range(12))
    assert {event.data["workflow_id"] for event in seen} == {workflow_id}
    positions = [tuple(map(int, event.id.split("."))) for event in [first, *seen]]
    assert positions == sorted(positions) and len(set(positions)) == len(positions)
    listed = {event.data["stem"] for event in seen if event.name == "question"}
    assert len(listed) == 12


def test_a_reader_goes_on_after_its_last_event(user: User, quiz_with_content: Callable[[], str]) -> None:
    """Cut after every event, also within a batch: together the pieces are the whole, without gap or repeat."""
    quiz_id = quiz_with_content()
    user.until_status(quiz_id, user.generate(quiz_id, 10), "completed")
    with reading(user.client, quiz_id, after="0") as events:
        whole = until(events, is_end)
    pieces: list[Event] = []
    last = "0"
    while not pieces or not is_end(pieces[-1]):
        with reading(user.client, quiz_id, after=last) as events:
            pieces.append(next(events))
        last = pieces[-1].id
    assert pieces == whole


def test_a_late_reader_begins_where_it_stands(user: User, quiz_with_content: Callable[[], str]) -> None:
    """Without an id: the status first, and nothing of what was told before."""
    quiz_id = quiz_with_content()
    workflow_id = user.generate(quiz_id, 3)
    user.until_status(quiz_id, workflow_id, "completed")
    with reading(user.client, quiz_id) as events:
        first = next(events)
        assert (first.name, first.data["status"], first.data["progress"]["completed"]) == ("status", "completed", 3)
        second = user.generate(quiz_id, 2)
        seen = until(events, is_end)
    assert {event.data["workflow_id"] for event in seen} == {second} and first.data["workflow_id"] == workflow_id


def test_many_readers_hear_the_same(user: User, quiz_with_content: Callable[[], str]) -> None:
    """Thirty at once, each the whole."""
    quiz_id = quiz_with_content()

    def read(_: int) -> list[str]:
        with reading(user.client, quiz_id, after="0") as events:
            return [event.id for event in until(events, is_end)]

    with ThreadPoolExecutor(30) as pool:
        readers = [pool.submit(read, number) for number in range(30)]
        user.generate(quiz_id, 8)
        heard = {tuple(reader.result(60)) for reader in readers}
    assert len(heard) == 1


def test_a_reader_that_does_not_read_holds_up_nobody(
    api: ApiProcess, user: User, quiz_with_content: Callable[[], str]
) -> None:
    """Its socket fills and its stream waits; the others, and the status, go on."""
    quiz_id = quiz_with_content()
    host, _, port = api.url.removeprefix("http://").partition(":")
    stuck = []
    for _ in range(20):
        connection = socket.create_connection((host, int(port)))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        token = user.client.headers["Authorization"]
        head = (
            f"GET /quiz/{quiz_id}/events HTTP/1.1\r\nHost: {host}\r\nLast-Event-ID: 0\r\nAuthorization: {token}\r\n\r\n"
        )
        connection.sendall(head.encode())
        stuck.append(connection)
    with reading(user.client, quiz_id, after="0") as events:
        user.generate(quiz_id, 60)
        assert len(slots(until(events, is_end))) == 60
    for connection in stuck:
        connection.close()


def test_a_lost_notification_connection_costs_nothing(
    api_settings: Settings, user: User, quiz_with_content: Callable[[], str]
) -> None:
    """PostgreSQL ends the connection that listens; the log is read on, and every question is told once."""
    quiz_id = quiz_with_content()
    assert api_settings.database_url is not None
    with reading(user.client, quiz_id, after="0") as events:
        user.generate(quiz_id, 40)
        seen = until(events, lambda event: event.name == "question")
        with psycopg.connect(api_settings.database_url.get_secret_value(), autocommit=True) as connection:
            ended = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND query LIKE 'LISTEN%'"
            ).fetchall()
        assert ended
        seen += until(events, is_end)
    assert sorted(slots(seen)) == list(range(40))


def test_a_stop_ends_the_streams(api_settings: Settings, tmp_path: Path) -> None:
    """The process does not wait for readers, who would stay for ever; they come back to the next one with their id."""
    with ApiProcess(api_settings, tmp_path) as first:
        user = User(first.url, f"{uuid.uuid4().hex}@school.example")
        quiz_id = user.quiz("Cell biology", text=sample_chapter().text)
        with reading(user.client, quiz_id, after="0") as events:
            user.generate(quiz_id, 30)
            seen = until(events, lambda event: event.name == "question")
            first.process.send_signal(signal.SIGTERM)
            seen += list(events)
        assert first.process.wait(10) in (0, -signal.SIGTERM)  # uvicorn ends as it was asked to
    with ApiProcess(api_settings, tmp_path) as second:
        user.client.base_url = second.url
        if not is_end(seen[-1]):
            with reading(user.client, quiz_id, after=seen[-1].id) as events:
                seen += until(events, is_end)
    assert sorted(slots(seen)) == list(range(30))


def test_a_stream_ends_with_its_token(api_settings: Settings, tmp_path: Path) -> None:
    """Who may no longer ask may no longer listen."""
    with ApiProcess(api_settings, tmp_path, API_TOKEN_HOURS="0.001") as api:
        user = User(api.url, f"{uuid.uuid4().hex}@school.example")
        quiz_id = user.quiz()
        with reading(user.client, quiz_id) as events:
            assert [event.name for event in events] == ["status"]


def test_several_processes_share_a_port(api_settings: Settings, tmp_path: Path) -> None:
    """Readers of all of them hear all; their metrics are one."""
    with ApiProcess(api_settings, tmp_path, processes=2) as api:
        user = User(api.url, f"{uuid.uuid4().hex}@school.example")
        quiz_id = user.quiz("Cell biology", text=sample_chapter().text)

        def read(_: int) -> list[int]:
            with reading(user.client, quiz_id, after="0") as events:
                return sorted(slots(until(events, is_end)))

        with ThreadPoolExecutor(12) as pool:
            readers = [pool.submit(read, number) for number in range(12)]
            user.generate(quiz_id, 5)
            assert [reader.result(60) for reader in readers] == [list(range(5))] * 12
        started = [
            line.rpartition(" ")[2]
            for _ in range(8)
            for line in user.client.get("/metrics").text.splitlines()
            if line.startswith("workflow_started_total{")
        ]
        assert set(started) == {"1.0"}
        until_now(lambda: "sse_readers 0.0" in user.client.get("/metrics").text)
