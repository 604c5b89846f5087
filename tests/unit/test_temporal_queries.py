"""Only who ran ahead of the tasks for a query is forgotten."""

from typing import Any

import pytest
from temporalio.bridge.proto.workflow_activation import WorkflowActivation, WorkflowActivationJob
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.worker import WorkflowInstance

from temporal_queries import WITHOUT_A_TASK, Memory, Watched


class _Remembers(Memory):
    def __init__(self) -> None:
        self.dropped: list[str] = []

    def drop(self, run_id: str) -> None:
        self.dropped.append(run_id)


class _Idle(WorkflowInstance):
    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        return WorkflowActivationCompletion(run_id=act.run_id)

    def get_info(self) -> Any:
        return None

    def get_serialization_context(self, *_: Any) -> Any:
        return None

    def get_external_store_context(self, *_: Any) -> Any:
        return None


def _activation(word: str) -> WorkflowActivation:
    act = WorkflowActivation(run_id="run-1")
    job = WorkflowActivationJob()
    if word.isdigit():
        job.resolve_activity.seq = 1
        if word != "0":  # before the first task there is no time
            act.timestamp.FromSeconds(int(word))
    else:
        job.query_workflow.query_id = WITHOUT_A_TASK if word == "asked" else "with a task"
    act.jobs.append(job)
    return act


@pytest.mark.parametrize(
    ("words", "dropped"),
    [
        ("1 2 asked", 0),
        ("1 2 asked asked 3 asked", 0),
        ("1 1", 0),
        ("1 1 asked", 1),
        ("1 1 asked asked", 2),
        ("1 2 2 asked", 1),
        ("1 1 2 asked", 0),
        ("1 1 with-its-task", 0),
        ("0 asked", 1),
    ],
)
def test_who_ran_ahead_is_forgotten(words: str, dropped: int) -> None:
    """Numbers are activations by events, at that time."""
    memory = _Remembers()
    watched = Watched(_Idle(), memory)
    for word in words.split():
        assert watched.activate(_activation(word)).run_id == "run-1"
    assert memory.dropped == ["run-1"] * dropped
