"""The mirror's write: a snapshot of workflow progress into PostgreSQL."""

from temporalio import activity
from temporalio.client import WorkflowExecutionStatus

from domain.statuses import Status
from storage.snapshots import StateWrite
from storage.workflow_states import WorkflowStateStore
from workflows.messages import Snapshot


class MirrorActivities:
    """`mirror_progress`."""

    def __init__(self, states: WorkflowStateStore) -> None:
        self._states = states

    @activity.defn(name="mirror_progress")
    async def mirror_progress(self, snapshot: Snapshot) -> str:
        """Store a snapshot behind the fence; returns what the fence said, for the operator to read in history."""
        info = activity.info()
        workflow_id, run_id = info.workflow_id or "", info.workflow_run_id or ""

        async def is_current_run() -> bool:
            description = await activity.client().get_workflow_handle(workflow_id).describe()
            return description.run_id == run_id and description.status is WorkflowExecutionStatus.RUNNING

        write = StateWrite(
            workflow_id=workflow_id,
            run_id=run_id,
            sequence=snapshot.sequence,
            status=Status(snapshot.status),
            current_node=snapshot.current_node,
            completed=snapshot.completed,
            total=snapshot.total,
            state_data={
                "in_flight": snapshot.in_flight,
                "revised": snapshot.revised,
                "rejected": snapshot.rejected,
                "calls": snapshot.calls,
                "prompt_tokens": snapshot.prompt_tokens,
                "completion_tokens": snapshot.completion_tokens,
                "cost": snapshot.cost,
            },
            checkpoint_data={"slots": snapshot.slots},
            error_message=snapshot.reason,
            questions=[(question.slot, question.step, question.attempt) for question in snapshot.questions],
        )
        return await self._states.save(write, is_current_run)
