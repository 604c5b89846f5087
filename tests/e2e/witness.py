"""The independent witness: what history says was completed, against the ledger of calls."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from temporalio.client import WorkflowHistory

from tests.chaos import evidence
from tests.workflow.ledger import AnswerKey, key_of


def completed_steps(history: WorkflowHistory) -> dict[AnswerKey, datetime]:
    """When each model-calling step completed, from history."""
    return {step[1:]: completion.time for step, completion in evidence.completed_steps(history).items()}


def calls_after_completion(history: WorkflowHistory, ledger: Sequence[dict[str, Any]]) -> list[str]:
    """Calls of a step that came after history had it completed: each one is money paid twice."""
    completed = completed_steps(history)
    assert completed, "the history has no completed step; the check would prove nothing"
    return [
        line["request_id"]
        for line in ledger
        if (at := completed.get(key_of(line))) and datetime.fromisoformat(line["time"]) > at
    ]


def answered_twice(ledger: Sequence[dict[str, Any]]) -> list[AnswerKey]:
    """Steps that the model answered more than once."""
    steps = [key_of(line) for line in ledger if line["outcome"] == "answered"]
    return sorted(step for step in set(steps) if steps.count(step) > 1)
