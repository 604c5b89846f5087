"""The mirror's write: a snapshot of workflow progress into PostgreSQL."""

from dataclasses import replace

import structlog
from temporalio import activity
from temporalio.client import WorkflowExecutionStatus

from domain.statuses import Status
from storage.snapshots import Fence
from storage.starts import ActiveGenerationExists
from storage.workflow_states import WorkflowStateStore
from workflows.messages import FINISH, MIRROR, Snapshot
from writing.mirror import save, state_write

log = structlog.get_logger()

ORPHANED = "the quiz has another active generation; end that one and resume this one, and it keeps every question"


class MirrorActivities:
    """`mirror_progress`."""

    def __init__(self, states: WorkflowStateStore) -> None:
        self._states = states

    @activity.defn(name=MIRROR)
    async def mirror_progress(self, snapshot: Snapshot) -> str:
        """Store a snapshot behind the fence; returns what the fence said, for the operator to read in history."""
        info = activity.info()
        workflow_id, run_id = info.workflow_id or "", info.workflow_run_id or ""

        async def is_current_run() -> bool:
            description = await activity.client().get_workflow_handle(workflow_id).describe()
            return description.run_id == run_id and description.status is WorkflowExecutionStatus.RUNNING

        write = state_write(workflow_id, run_id, snapshot)
        try:
            return await save(self._states, write, is_current_run, sent=info.scheduled_time)
        except ActiveGenerationExists:
            # The teacher went on with another generation, and an operator's reset, or a start that was held up, made
            # this one run beside it. Nobody waits for its questions, and each would be paid for. The row first, so that
            # it cannot be resumed until the run has ended; before this snapshot, so that one that could not send the
            # cancel finds the same at its next try.
            orphaned = replace(
                write,
                status=Status.CANCELLED,
                current_node=FINISH,
                error_message=ORPHANED,
                sequence=write.sequence - 1,
            )
            await self._states.save_to_closed_row(orphaned, is_current_run)
            log.warning("orphan_cancelled", workflow_id=workflow_id, run_id=run_id)
            await activity.client().get_workflow_handle(workflow_id, run_id=run_id).cancel()
            return Fence.ANOTHER_IS_ACTIVE
