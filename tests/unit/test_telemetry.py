"""What is written to the log: one JSON document a line, the ids, no secret."""

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from telemetry import REMOVED, configure_logging

SECRET = "Hunter-2-and-more"
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """The lines written since the last look; the test's process logs as it did before, afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stderr = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    root.handlers.clear()  # pytest's own, which would be closed
    configure_logging("DEBUG")
    (ours,) = root.handlers

    def look() -> list[dict[str, Any]]:
        written = stderr.getvalue()
        stderr.seek(0)
        stderr.truncate()
        return [json.loads(line) for line in written.splitlines()]

    yield look
    root.removeHandler(ours)
    root.handlers.extend(handlers)
    root.setLevel(level)
    structlog.reset_defaults()


def log() -> Any:
    """A logger that is not kept: it takes the configuration of this moment."""
    return structlog.get_logger("test")


def test_a_line_is_one_json_document(lines: Lines) -> None:
    """From structlog and from the standard library alike, with time, level and name."""
    log().info("made", slot=3)
    logging.getLogger("other").warning("went %s", "wrong", extra={"slot": 4})
    first, second = lines()
    assert (first["event"], first["slot"], first["level"], first["logger"]) == ("made", 3, "info", "test")
    assert (second["event"], second["slot"], second["level"], second["logger"]) == ("went wrong", 4, "warning", "other")
    assert first["timestamp"].endswith("Z")


@pytest.mark.parametrize(
    "name",
    ["authorization", "Authorization", "password", "api_key", "X-Api-Key", "openai_api_key", "access_token", "token",
     "database_url", "DATABASE_URL", "Set-Cookie", "api_secret_key", "client_secret"],
)  # fmt: skip
def test_a_value_under_the_name_of_a_secret_is_removed(lines: Lines, name: str) -> None:
    """Alone, within other values, and in what the standard library carries beside a message."""
    log().info("said", **{name: SECRET}, request={"headers": [{name: SECRET}]})
    logging.getLogger("other").info("said", extra={name: SECRET})
    first, second = lines()
    assert SECRET not in json.dumps([first, second])
    assert first[name] == second[name] == first["request"]["headers"][0][name] == REMOVED


@pytest.mark.parametrize(
    "text",
    [
        f"cannot connect to postgresql://mcq:{SECRET}@db.example:5432/mcq",
        f"Authorization: Bearer {SECRET}",
        f"GET /v1?api_key={SECRET}&x=1",
        f"connection to host=db user=mcq password={SECRET} failed",
        f"{{'password': '{SECRET}', 'x': 1}}",
        f'{{"access_token":"{SECRET}"}}',
        f"Incorrect API key provided: sk-{SECRET}",
    ],
)
def test_a_secret_within_a_text_is_removed(lines: Lines, text: str) -> None:
    """In the message, in a value, in an object that is printed, and in a traceback."""
    log().info(text, detail=text, printed=Exception(text))
    try:
        raise ValueError(text)
    except ValueError:
        logging.getLogger("other").exception("broke: %s", text)
    first, second = lines()
    assert SECRET not in json.dumps([first, second])
    assert all(REMOVED in part for part in (first["event"], first["detail"], first["printed"], second["exception"]))


def test_what_only_resembles_a_secret_stays(lines: Lines) -> None:
    """Counts of tokens, ids, addresses without a password: a log is there to be read."""
    log().info("wrote http://127.0.0.1:1234/v1 at 12:30", prompt_tokens=5, tokens={"completion_tokens": 7}, key=2)
    (line,) = lines()
    assert line["event"] == "wrote http://127.0.0.1:1234/v1 at 12:30"
    assert (line["prompt_tokens"], line["tokens"], line["key"]) == (5, {"completion_tokens": 7}, 2)


def test_values_without_an_end_are_cut(lines: Lines) -> None:
    """A value that contains itself does not stop the process."""
    circle: dict[str, Any] = {}
    circle["again"] = circle
    log().info("round", circle=circle)
    assert "…" in json.dumps(lines()[0], ensure_ascii=False)


def test_of_the_sdks_info_only_the_ids_are_written(lines: Lines) -> None:
    """Under the names that our own lines use; the rest, such as the task's token, is dropped."""
    logging.getLogger("temporalio.activity").warning(
        "Completing activity as failed",
        extra={
            "temporal_activity": {
                "activity_id": "5", "activity_type": "question.draft", "attempt": 2, "namespace": "default",
                "task_queue": "mcq", "workflow_id": "w", "workflow_run_id": "r", "workflow_type": "T",
            },
            "activity_info": {"heartbeat_details": [SECRET]},
        },
    )  # fmt: skip
    (line,) = lines()
    assert (line["workflow_id"], line["run_id"], line["activity"], line["attempt"]) == ("w", "r", "question.draft", 2)
    assert not {"temporal_activity", "activity_info", "activity_id", "workflow_type"} & set(line)
    assert SECRET not in json.dumps(line)


def test_our_own_ids_win(lines: Lines) -> None:
    """What was bound by hand is not replaced by what the SDK adds."""
    logging.getLogger("x").info("a", extra={"workflow_id": "ours", "temporal_workflow": {"workflow_id": "theirs"}})
    assert lines()[0]["workflow_id"] == "ours"


def test_chatty_libraries_are_quiet(lines: Lines) -> None:
    """At DEBUG too: they write requests, with the prompt in them."""
    for name in ("httpx", "openai"):
        logging.getLogger(name).info(SECRET)
    assert lines() == []
