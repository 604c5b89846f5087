"""The mirror's write: a snapshot of workflow progress into PostgreSQL."""

from dataclasses import replace
from datetime import datetime
from functools import partial

import structlog
from temporalio import activity
from temporalio.client import WorkflowExecutionStatus

from domain.statuses import Status
from storage.snapshot_write import NotStored
from storage.snapshots import Fence, StateWrite
from storage.starts import ActiveGenerationExists
from storage.workflow_states import LOST, WorkflowStateStore
from workflows.messages import FINISH, MIRROR, RowAhead, Snapshot
from writing.mirror import close, save, state_write

log = structlog.get_logger()

# Tries after which what is not stored will not come any more: it was, before its step was completed.
LOST_AFTER = 5

ORPHANED = "the quiz has another active generation; end that one and resume this one, and it keeps every question"


class MirrorActivities:
    """`mirror_progress`."""

    def __init__(self, states: WorkflowStateStore) -> None:
        self._states = states

    @activity.defn(name=MIRROR)
    async def mirror_progress(self, snapshot: Snapshot) -> str | RowAhead:
        """Store a snapshot behind the fence; returns what the fence said, for the operator to read in history.

        When the row has more of this run than its history, the run has to tell again, and is told after what.
        """
        info = activity.info()
        write = state_write(info.workflow_id or "", info.workflow_run_id or "", snapshot)
        try:
            fence = await self._store(write, sent=info.scheduled_time)
        except NotStored:
            if info.attempt >= LOST_AFTER:
                await self._end_without_answers(write)
            raise
        if fence is Fence.STALE:
            ahead = await self._states.ahead_of(write)
            if ahead is not None:
                log.warning("history_fell_back", workflow_id=write.workflow_id, sequence=write.sequence, row=ahead)
                return {"ahead": ahead}
        return fence

    async def _store(self, write: StateWrite, *, sent: datetime) -> Fence:
        is_current_run = partial(_is_current, write)
        try:
            return await save(self._states, write, is_current_run, sent=sent)
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
            log.warning("orphan_cancelled", workflow_id=write.workflow_id, run_id=write.run_id)
            await activity.client().get_workflow_handle(write.workflow_id, run_id=write.run_id).cancel()
            return Fence.ANOTHER_IS_ACTIVE

    async def _end_without_answers(self, write: StateWrite) -> None:
        """End a run whose answers went with the database, as in a restore: it could tell nothing ever again.

        The next run asks the database what there is. The row first: it has the reason, which a terminated run has not.
        Nothing where another try of the same has ended the run, and its row is of the next.
        """
        if not await _is_current(write):
            return
        status = Status.CANCELLED if write.status is Status.CANCELLED else Status.FAILED
        await close(self._states, write.workflow_id, LOST, status)
        log.error("answers_lost", workflow_id=write.workflow_id, run_id=write.run_id)
        await activity.client().get_workflow_handle(write.workflow_id, run_id=write.run_id).terminate(reason=LOST)


async def _is_current(write: StateWrite) -> bool:
    description = await activity.client().get_workflow_handle(write.workflow_id).describe()
    return description.run_id == write.run_id and description.status is WorkflowExecutionStatus.RUNNING
