"""Who was queried without a task is forgotten."""

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
    job = WorkflowActivationJob()
    if word == "event":
        job.resolve_activity.seq = 1
    else:
        job.query_workflow.query_id = WITHOUT_A_TASK if word == "asked" else "with a task"
    return WorkflowActivation(run_id="run-1", jobs=[job])


@pytest.mark.parametrize(
    ("words", "dropped"), [("event event", 0), ("event asked", 1), ("event asked asked", 2), ("event with-its-task", 0)]
)
def test_who_was_queried_without_a_task_is_forgotten(words: str, dropped: int) -> None:
    """In any order; everything reaches the workflow."""
    memory = _Remembers()
    watched = Watched(_Idle(), memory)
    for word in words.split():
        assert watched.activate(_activation(word)).run_id == "run-1"
    assert memory.dropped == ["run-1"] * dropped
