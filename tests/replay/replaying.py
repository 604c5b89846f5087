"""Replays stored histories as the worker would, without a server."""

import json
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from tests.replay.nodes import not_called
from worker import workflow_options
from workflows.question_graph import build_question_graph
from workflows.quiz_generation import check

HISTORIES = Path(__file__).parent / "histories"
# VERSION/TURN, such as 0.1.0/plain.
NAMES = sorted(f"{path.parent.name}/{path.stem}" for path in HISTORIES.glob("*/*.json"))


def turn_of(name: str) -> str:
    """The turn that a history takes, whichever version recorded it."""
    return name.partition("/")[2]


def taking(turn: str) -> list[str]:
    """The histories of a turn, one for each version that recorded it; the turn alone if none did, which then fails."""
    return [name for name in NAMES if turn_of(name) == turn] or [turn]


def stored(name: str) -> WorkflowHistory:
    """A stored history."""
    return WorkflowHistory.from_json(f"stored-{name.replace('/', '-')}", _path(name).read_text())


def stored_events(name: str) -> list[dict[str, Any]]:
    """Its events as JSON."""
    events: list[dict[str, Any]] = json.loads(_path(name).read_text())["events"]
    return events


async def replay(name: str, workflow: type | None = None) -> Exception | None:
    """What stands against replaying this history on the current code, or on another workflow."""
    options = workflow_options(build_question_graph(not_called, not_called, check))
    if workflow is not None:
        options["workflows"] = [workflow]
    result = await Replayer(**options).replay_workflow(stored(name), raise_on_replay_failure=False)
    return result.replay_failure


def _path(name: str) -> Path:
    return HISTORIES / f"{name}.json"
