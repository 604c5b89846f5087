"""A workflow that was queried is dropped from the worker's memory, and replayed at its next step.

Otherwise a query can ruin it. To answer for a workflow, the SDK may run it to the very end of its history, past the
last task that was completed, and keeps what came of it. The next task then meets a workflow that has seen a part of
what it brings. What comes together in every replay came in two parts here, and commands may have been made in another
order: no worker can ever replay this history, and the generation stands still. A page of the Web UI is such a query,
and it meets that moment after a worker died. See decision 0024.
"""

from dataclasses import dataclass, field
from typing import Any

from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.worker import Worker, WorkflowInstance, WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

# How the SDK's core names a query that comes with no task. One that comes with a task is answered after the task.
WITHOUT_A_TASK = "legacy_query"


class Memory:
    """Of one worker, once it is known."""

    worker: Worker | None = None

    def drop(self, run_id: str) -> None:
        """Let the run go as soon as what it is asked now is answered. Nothing without a worker: a replay keeps none."""
        if self.worker is not None:
            # The SDK has it, and offers it to nobody.
            self.worker._bridge_worker.request_workflow_eviction(run_id)


@dataclass(frozen=True)
class ForgettingRunner(SandboxedWorkflowRunner):
    """The sandbox, for workflows that are forgotten when they were queried.

    `memory` is given its worker when that is there.
    """

    memory: Memory = field(default_factory=Memory)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """A workflow that is watched."""
        return Watched(super().create_instance(det), self.memory)


class Watched(WorkflowInstance):
    """Passes everything on to `instance`."""

    def __init__(self, instance: WorkflowInstance, memory: Memory) -> None:
        self._instance = instance
        self._memory = memory

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        """Run the workflow on, or ask it."""
        # Nothing tells for certain whether the events before came with a task. And before the answer: afterwards the
        # next task may have begun.
        if any(job.query_workflow.query_id == WITHOUT_A_TASK for job in act.jobs):
            self._memory.drop(act.run_id)
        return self._instance.activate(act)

    def get_thread_id(self) -> int | None:
        """Of the thread that it runs in."""
        return self._instance.get_thread_id()

    def get_info(self) -> Any:
        """What the SDK tells the workflow of itself."""
        return self._instance.get_info()

    def get_serialization_context(self, *args: Any) -> Any:
        """For codecs."""
        return self._instance.get_serialization_context(*args)

    def get_external_store_context(self, *args: Any) -> Any:
        """For payloads that are stored elsewhere."""
        return self._instance.get_external_store_context(*args)
