"""Workflows that do what a replay could not repeat. Apart from their test: the sandbox imports this file anew."""

import random
from pathlib import Path

from temporalio import workflow
from temporalio.worker.workflow_sandbox import RestrictedWorkflowAccessError


@workflow.defn(failure_exception_types=[RestrictedWorkflowAccessError])
class ReadsAFile:
    """Does in a workflow what belongs in an activity."""

    @workflow.run
    async def run(self) -> str:
        """Fails under the worker's runner."""
        return Path("/dev/null").read_text()  # noqa: ASYNC240 - the offence


@workflow.defn(failure_exception_types=[RestrictedWorkflowAccessError])
class ThrowsADie:
    """Draws a random number that a replay would not draw again."""

    @workflow.run
    async def run(self) -> int:
        """Fails under the worker's runner."""
        return random.randrange(6)
