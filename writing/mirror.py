"""From a generation's snapshot to the row that the mirror keeps of it, and what is counted on the way."""

import time
from collections.abc import Awaitable, Callable
from datetime import datetime

from sqlalchemy.exc import DBAPIError

from domain.statuses import Status
from metrics import generations, mirror
from storage.snapshots import Fence, StateWrite
from storage.tables import now
from storage.workflow_states import WorkflowStateStore
from workflows.messages import WORKFLOW_TYPE, Snapshot


async def save(
    states: WorkflowStateStore,
    write: StateWrite,
    is_current_run: Callable[[], Awaitable[bool]],
    *,
    sent: datetime | None = None,
) -> Fence:
    """Store a snapshot behind the fence, and count it; `sent` is when the workflow sent it."""
    began = time.monotonic()
    fence = await states.save(write, is_current_run)
    mirror.written(WORKFLOW_TYPE, time.monotonic() - began)
    if fence is Fence.ACCEPTED:
        if sent is not None:
            mirror.landed(WORKFLOW_TYPE, sent)
        if not write.status.is_active:
            await _count_the_end(states, write)
    return fence


async def close(states: WorkflowStateStore, workflow_id: str, reason: str, status: Status) -> None:
    """Close an open row that no snapshot can close, and count it."""
    if await states.mark_failed(workflow_id, reason, status):
        generations.ended(WORKFLOW_TYPE, status)


async def _count_the_end(states: WorkflowStateStore, write: StateWrite) -> None:
    duration = None
    try:
        row = await states.load(write.workflow_id)
        duration = (row.completed_at or now()) - row.created_at if row else None
    except DBAPIError:  # the snapshot has landed; what is counted must not fail its activity
        pass
    generations.ended(WORKFLOW_TYPE, write.status, duration)


def state_write(workflow_id: str, run_id: str, snapshot: Snapshot) -> StateWrite:
    """What is stored of a snapshot of this run."""
    return StateWrite(
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
