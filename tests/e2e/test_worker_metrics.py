"""The worker's metrics and logs, as another process sees them."""

import http.client
import json
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from domain.statuses import Status
from tests.support.content import ROOT, sample_chapter
from tests.support.waiting import until_now
from tests.support.worker import run_worker
from tests.support.world import World

TYPE = "QuizGenerationWorkflow"
StartWorker = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def port() -> int:
    """A port that is free at this moment."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def start_worker(world: World, tmp_path: Path, port: int) -> Iterator[StartWorker]:
    """Starts `mcq worker` on this test's world, with its metrics at `port`."""
    started: list[subprocess.Popen[str]] = []

    def start(**changes: str) -> subprocess.Popen[str]:
        of_the_test = {
            "WORKER_DRAIN_TIMEOUT": "20",
            "WORKER_METRICS_ADDRESS": f"127.0.0.1:{port}",
            "LOG_LEVEL": "DEBUG",
        }
        process = run_worker(world.settings, tmp_path, subprocess.PIPE, ROOT, **{**of_the_test, **changes})
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def ask(port: int, path: str) -> tuple[int, str]:
    """Status and body; 0 while nobody listens."""
    with suppress(OSError), closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    return 0, ""


def total(port: int, name: str, **labels: str) -> float:
    """The sum of a sample over all series that have these labels."""
    return sum(
        sample.value
        for family in text_string_to_metric_families(ask(port, "/metrics")[1])
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


async def test_a_worker_tells_of_its_work(world: World, start_worker: StartWorker, port: int) -> None:
    """Healthy while it takes work; the SDK's metrics and ours in one text; after the drain nobody listens."""
    worker = start_worker()
    until_now(lambda: ask(port, "/healthz")[0], lambda status: status == 200, 60)
    workflow_id = await world.start(5)
    await world.until_status(workflow_id, Status.COMPLETED)
    until_now(lambda: total(port, "temporal_workflow_completed_total", workflow_type=TYPE), lambda count: count == 1)
    assert total(port, "temporal_activity_execution_latency_seconds_count", activity_type="question.draft") >= 5
    assert total(port, "temporal_num_pollers", poller_type="workflow_task") >= 1
    assert total(port, "process_resident_memory_bytes") > 1e6
    assert f'workflow_failed_total{{workflow_type="{TYPE}"}} 0.0' in ask(port, "/metrics")[1]
    worker.send_signal(signal.SIGTERM)
    _, err = worker.communicate(timeout=60)
    assert worker.returncode == 0, err
    assert ask(port, "/healthz")[0] == 0


async def test_lines_of_an_activity_name_it_and_no_content(world: World, start_worker: StartWorker, port: int) -> None:
    """At DEBUG, with calls that fail: each line is JSON and says whose it is; no chapter, question or password."""
    world.demo.fault("server_error", times=2)
    worker = start_worker(OPENAI_API_KEY="sk-not-to-be-written-1234")
    workflow_id = await world.start(5)
    await world.until_status(workflow_id, Status.COMPLETED)
    questions = await world.service.questions(workflow_id)
    worker.send_signal(signal.SIGTERM)
    _, err = worker.communicate(timeout=60)
    lines = [json.loads(line) for line in err.splitlines()]
    failures = [line for line in lines if line["event"] == "model_unavailable"]
    assert len(failures) == 2
    for line in failures:
        assert (line["workflow_id"], line["activity"]) == (workflow_id, "question.draft")
        assert line["run_id"] and line["attempt"] >= 1
        assert line["request_id"].split("/")[1] == str(line["slot"])
    told = [line for line in lines if line["logger"] == "temporalio.activity" and line["level"] == "warning"]
    assert told and all(line["workflow_id"] == workflow_id and "temporal_activity" not in line for line in told)
    secrets = ["sk-not-to-be-written", (world.settings.require_database_url().split(":")[2]).split("@")[0]]
    content = [sentence.strip() for sentence in sample_chapter().text.split(". ") if len(sentence) > 40]
    stems = [question.stem for question in questions]
    assert [text for text in [*secrets, *content, *stems] if text in err] == []


def test_a_port_that_is_taken_is_one_line(start_worker: StartWorker, port: int) -> None:
    """The worker does not start half: it says which setting to change, and ends."""
    with closing(socket.create_server(("127.0.0.1", port))):
        worker = start_worker(LOG_LEVEL="INFO")
        _, err = worker.communicate(timeout=60)
    assert worker.returncode == 3
    (line,) = err.splitlines()
    assert line.startswith("mcq: WORKER_METRICS_ADDRESS") and f"127.0.0.1:{port}" in line
