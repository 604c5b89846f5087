"""`mcq dev` in one terminal, everything else from another."""

import json
from collections.abc import Iterator

import httpx2
import pytest

from tests.e2e.mcq import SAMPLE, Mcq
from tests.support.homes import new_home, remove_home
from tests.support.waiting import until_now


@pytest.fixture(scope="module")
def dev() -> Iterator[Mcq]:
    """A running `mcq dev`."""
    mcq = Mcq(new_home())
    mcq.environment["DEMO_MODEL_LATENCY"] = "1.5"  # so that other commands find a generation in the middle
    process = mcq.start("dev")
    until_now((mcq.home / "addresses.json").exists, seconds=300)
    yield mcq
    process.terminate()
    assert mcq.finish(process).code == 0
    mcq.end()
    remove_home(mcq.home)


def _counts(url: str) -> bool:
    try:
        return "workflow_completed_total" in httpx2.get(url, trust_env=False).text
    except httpx2.TransportError:
        return False


def test_dev_keeps_its_addresses_for_scripts(dev: Mcq) -> None:
    """`addresses.json` names every server and, as it holds the database's password, belongs to its owner alone."""
    path = dev.home / "addresses.json"
    addresses = json.loads(path.read_text())
    assert addresses.keys() == {"api", "temporal", "temporal_ui", "demo_model", "database", "worker_metrics"}
    until_now(lambda: _counts(addresses["worker_metrics"]))  # nobody waits for the worker
    assert path.stat().st_mode & 0o077 == 0


def test_pause_resume_and_cancel_from_another_terminal(dev: Mcq) -> None:
    """Each tells where the generation stands afterwards; cancelling keeps what was made; resuming goes on with it."""
    generate = dev.generate(25, "--window", "1")
    dev.until_questions(4)
    assert dev.run("pause", "--json").json["status"] == "paused"
    assert dev.run("resume", "--json").json["status"] == "running"
    dev.until_questions(8)
    cancelled = dev.run("cancel", "--json").json
    assert cancelled["status"] == "cancelled"
    assert dev.finish(generate).code == 5
    kept = dev.run("questions", "--json").json["questions"]
    assert len(kept) == cancelled["progress"]["completed"] >= 8
    assert dev.run("resume", cancelled["workflow_id"], "--json").json["status"] == "running"
    until_now(
        lambda: dev.run("status", cancelled["workflow_id"], "--json").json["status"],
        lambda now: now == "completed",
        240,
    )
    questions = dev.run("questions", cancelled["workflow_id"], "--json").json["questions"]
    assert [question["slot"] for question in questions] == list(range(25))
    assert [question for question in questions if question in kept] == kept


def test_status_and_list_read_well_without_a_terminal(dev: Mcq) -> None:
    """Plain text for a person, one JSON document for a script."""
    command = dev.finish(dev.generate(3, "--out", "three.json"))
    assert command.code == 0, command.err
    workflow_id = command.json["workflow_id"]
    text = dev.run("status", workflow_id).out
    assert "completed, 3 of 3 questions" in text
    assert workflow_id in dev.run("list").out
    assert dev.run("questions", workflow_id).out.count("?") >= 1


def test_an_unknown_generation_is_said_so(dev: Mcq) -> None:
    """A wrong id: one line, exit code 2."""
    for command in ("status", "pause", "resume", "cancel", "questions"):
        ended = dev.run(command, "mcq_nothing")
        assert ended.code == 2, command
        assert "mcq_nothing" in ended.err


def test_the_demo_model_is_named_as_what_it_is(dev: Mcq) -> None:
    """Whoever runs without a key reads that the demo model writes, and it is in every question."""
    ended = dev.run("generate", str(SAMPLE), "--questions", "2", "--out", "two.json")
    assert "demo model" in ended.err
    questions = json.loads((dev.folder / "two.json").read_text())["questions"]
    assert {question["model"] for question in questions} == {"demo-model"}
