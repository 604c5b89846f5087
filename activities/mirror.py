"""The mirror's write: a snapshot of workflow progress into PostgreSQL."""

from temporalio import activity
from temporalio.client import WorkflowExecutionStatus

from storage.workflow_states import WorkflowStateStore
from workflows.messages import MIRROR, Snapshot
from writing.mirror import save, state_write


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
        return await save(self._states, write, is_current_run, sent=info.scheduled_time)
