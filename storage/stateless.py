"""Which generations belong to which process, for those that live in one.

A process that writes generations holds an advisory lock under its name for as long as it lives, and PostgreSQL drops
the lock with the connection. So a row of a process that is gone is told from one of a process that is busy.
"""

import uuid

from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlmodel import col

from domain.statuses import ACTIVE
from storage.locks import lock_key
from storage.tables import WorkflowState

# Run ids of Temporal are bare UUIDs, so no row of the durable service begins like this.
_PREFIX = "stateless-"
# The server looks after 30 s of silence whether the other end of the connection is there; by default after 2 hours.
_NOTICE_A_DEAD_HOST = (
    "SELECT set_config('tcp_keepalives_idle', '30', false), set_config('tcp_keepalives_interval', '10', false), "
    "set_config('tcp_keepalives_count', '3', false)"
)


def new_run_id() -> str:
    """The name of a process, which is the run id of every generation that it writes."""
    return f"{_PREFIX}{uuid.uuid4()}"


def is_stateless(run_id: str | None) -> bool:
    """Whether a row of this run was written by a process, and not by a workflow."""
    return run_id is not None and run_id.startswith(_PREFIX)


class ProcessStore:
    """All SQL on processes that write generations."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._held: AsyncConnection | None = None

    async def hold(self, run_id: str) -> None:
        """Say that the process of this name lives, until `release` or its end. Takes one connection.

        To be repeated: when PostgreSQL restarts, the lock goes with the connection.
        """
        if self._held is not None:
            try:
                await self._held.execute(select(1))
            except DBAPIError:
                await self.release()
            else:
                return
        connection = await self._engine.connect()
        self._held = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await self._held.execute(text(_NOTICE_A_DEAD_HOST))
        await self._held.execute(select(func.pg_advisory_lock(lock_key(run_id))))

    async def release(self) -> None:
        """Say that it ends."""
        if self._held is not None:
            # Not back to the pool: the lock would live on with the connection.
            await self._held.invalidate()
            await self._held.close()
            self._held = None

    async def lives(self, run_id: str) -> bool:
        """Whether the process of this name holds its lock."""
        async with self._engine.begin() as connection:  # what is taken here is dropped with the transaction
            taken = await connection.scalar(select(func.pg_try_advisory_xact_lock(lock_key(run_id))))
        return not taken

    async def open_rows(self) -> list[tuple[str, str]]:
        """(workflow id, run id) of every open generation that a process writes or wrote."""
        query = select(col(WorkflowState.workflow_id), col(WorkflowState.run_id)).where(
            col(WorkflowState.status).in_(ACTIVE), col(WorkflowState.run_id).startswith(_PREFIX, autoescape=True)
        )
        async with self._engine.connect() as connection:
            return [(workflow_id, run_id or "") for workflow_id, run_id in await connection.execute(query)]
