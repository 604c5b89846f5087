"""Workflow code is kept from everything that a replay could not repeat."""

import uuid

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from tests.replay.nodes import not_called
from tests.support.world import World
from tests.workflow.offenders import ReadsAFile, ThrowsADie
from worker import workflow_options
from workflows.question_graph import build_question_graph
from workflows.quiz_generation import check


async def test_the_workers_runner_refuses_what_cannot_be_replayed(world: World) -> None:
    """Input and output, real random numbers: the sandbox of our worker fails the workflow at the call."""
    runner = workflow_options(build_question_graph(not_called, not_called, check))["workflow_runner"]
    queue = f"sandbox-{uuid.uuid4().hex[:8]}"
    offenders = [ReadsAFile, ThrowsADie]
    async with Worker(world.temporal, task_queue=queue, workflows=offenders, workflow_runner=runner, build_id=queue):
        for offender in offenders:
            with pytest.raises(WorkflowFailureError) as failure:
                await world.temporal.execute_workflow(offender.__name__, id=queue, task_queue=queue)
            assert isinstance(failure.value.cause, ApplicationError)
            assert failure.value.cause.type == "RestrictedWorkflowAccessError"
