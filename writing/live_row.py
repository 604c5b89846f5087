"""The row of a generation that lives in this process: what `workflows/mirror.py` is to a durable one.

Each change is written at once, and what happens during a write goes with the next one: there is no history behind the
row, so a question that is not in it is lost with the process.
"""

import asyncio
from collections.abc import Callable

from storage.snapshots import Fence
from storage.workflow_states import WorkflowStateStore
from workflows.messages import Snapshot
from writing.mirror import save, state_write
from writing.outages import through_outages


class ClosedElsewhere(Exception):
    """Somebody closed the row from outside, or deleted the quiz: nobody waits for this generation any more."""


class LiveRow:
    """Keeps the row of one generation up to date. A row that is closed stays closed."""

    def __init__(
        self,
        states: WorkflowStateStore,
        workflow_id: str,
        run_id: str,
        snapshot: Callable[[], Snapshot],
        written: Callable[[Snapshot], None],
    ) -> None:
        self._states = states
        self._workflow_id = workflow_id
        self._run_id = run_id
        self._snapshot = snapshot
        self._written = written
        self._changed = asyncio.Event()
        self._closing = False

    def mark(self) -> None:
        """Something changed."""
        self._changed.set()

    def close(self) -> None:
        """The next write is the last one."""
        self._closing = True
        self.mark()

    async def keep(self) -> None:
        """Write until the last write has landed, through outages of PostgreSQL; raises ClosedElsewhere."""
        last = False
        while not last:
            await self._changed.wait()
            self._changed.clear()
            last = self._closing
            await through_outages(self._write)

    async def _write(self) -> None:
        snapshot = self._snapshot()
        fence = await save(self._states, state_write(self._workflow_id, self._run_id, snapshot), _never_again)
        # The last write may find the row closed by itself: an earlier try got through, and its answer was lost.
        if fence is not Fence.ACCEPTED and not self._closing:
            raise ClosedElsewhere(fence)
        self._written(snapshot)


async def _never_again() -> bool:
    """The fence asks whether a run may open a closed row: only Temporal could say so."""
    return False
