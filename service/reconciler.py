"""Keeps the mirror true where no workflow code can: terminated, timed out, lost, never started, without a worker.

Runs in every API process; the one that holds an advisory lock works, the others wait to take over. It never writes a
failure because Temporal cannot be reached.
"""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

import psycopg
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.service import RPCError

from domain.statuses import Status
from metrics import generations as counted
from service.deeds import Causes, Deed
from service.errors import ServiceError
from service.finding import Finding, Look, mend
from service.temporal import Temporal
from settings import Settings
from storage.engine import connect_alone
from storage.locks import lock_key
from storage.reconciling import Kind, ReconcilerStore
from storage.snapshots import UNANSWERED
from storage.starts import ActiveGenerationExists
from storage.tables import WorkflowState
from storage.workflow_states import WorkflowStateStore

log = structlog.get_logger()

RPC_TIMEOUT = timedelta(seconds=3)
# A generation that gets on is heard of more often than this.
QUIET = timedelta(seconds=3)
# Longer than any request takes to start a workflow after it wrote the row.
START_TAKES = timedelta(seconds=15)
# Rows of a kind that are looked at in one pass, and how many at once: a bound on what we ask of Temporal. Runs that
# were closed are found by a list too, so that thousands of paused generations do not hide one that was terminated.
MOST_LOOKS = 100
LOOKS_AT_ONCE = 10
# Servers list closed runs a moment late.
LISTED_WITHIN = timedelta(seconds=30)
# Events older than this stay without a name.
ATTRIBUTE_WITHIN = timedelta(hours=1)
MOST_ATTRIBUTED = 50

NEVER_STARTED = "the start never reached Temporal; resume, and it starts"
_LEADER = lock_key("mcq reconciler")


class Reconciler:
    """Compares open rows with what Temporal says, pass after pass."""

    def __init__(self, engine: AsyncEngine, connect: Callable[[], Awaitable[Client]], settings: Settings) -> None:
        self._states = WorkflowStateStore(engine)
        self._store = ReconcilerStore(engine)
        self._temporal = Temporal(connect, settings.task_queue, RPC_TIMEOUT)
        self._url = settings.require_database_url()
        self._interval = settings.reconcile_interval
        # The last row that was looked at: the next pass goes on behind it.
        self._last: dict[Kind, uuid.UUID] = {}
        # Ids of runs whose history could not be read.
        self._unreadable: set[str] = set()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Reconcile for as long as the context is open, whenever this process leads."""
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def look_once(self) -> None:
        """One pass. Raises what keeps it from looking at all: then nothing was changed."""
        closed = await self._temporal.closed_since(datetime.now(UTC) - LISTED_WITHIN, MOST_LOOKS)
        rows: dict[str, tuple[WorkflowState, Kind | None]] = {
            row.workflow_id: (row, None) for row in await self._store.open_rows(closed)
        }
        for kind in Kind:
            quiet = await self._store.quiet(kind, QUIET, MOST_LOOKS, after=self._last.get(kind))
            rows |= {row.workflow_id: (row, kind) for row in quiet}
        slots = asyncio.Semaphore(LOOKS_AT_ONCE)

        async def look_at(row: WorkflowState, kind: Kind | None) -> None:
            async with slots:
                if kind is not None:
                    self._last[kind] = row.id
                await self._reconcile(row)

        outcomes = await asyncio.gather(*(look_at(*one) for one in rows.values()), return_exceptions=True)
        await self._attribute()  # first: one row that cannot be looked at must not keep names from all others
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    # --- private ---

    async def _run(self) -> None:
        while True:
            try:
                async with await connect_alone(self._url) as connection:
                    while True:
                        # Taken again by its holder, it stays with it; an error tells that it went with the connection.
                        if await _leads(connection):
                            await self._look_quietly()
                        await asyncio.sleep(self._interval)
            except psycopg.Error as problem:
                log.warning("reconciler_interrupted", error=type(problem).__name__)
            await asyncio.sleep(self._interval)

    async def _look_quietly(self) -> None:
        try:
            async with asyncio.timeout(60):
                await self.look_once()
        except (ServiceError, RPCError, SQLAlchemyError, TimeoutError, OSError) as problem:
            log.warning("reconciler_cannot_look", error=type(problem).__name__, text=str(problem)[:200])
        except Exception:  # a bug of ours must not end the looking for all generations
            log.exception("reconciler_failed")

    async def _reconcile(self, row: WorkflowState) -> None:
        found = await self._temporal.look(row)
        if row.state_data.get(UNANSWERED) and row.status == Status.FAILED:
            await self._settle_start(row, found)
        elif found.finding is Finding.OPEN:
            if row.status == Status.RUNNING and found.rests and await self._is_unchanged(row):
                # Its history fell back behind a resume that the row has: that was accepted, and nobody can repeat it.
                await self._temporal.signal(row.workflow_id, "resume")
                log.warning("resumed_again", workflow_id=row.workflow_id, run_id=found.run_id)
            elif row.status == Status.RUNNING and bool(found.stalled) | bool(row.state_data.get("stalled")):
                await self._store.note_stalled(row, found.stalled)
        elif found.finding is Finding.NEVER_STARTED:
            if datetime.now(UTC) - row.updated_at > START_TAKES:
                closed = await self._states.mark_never_started(
                    row.workflow_id, NEVER_STARTED, unless_changed=row.updated_at
                )
                if closed:
                    counted.reconciler_found(found.finding)
                self._told(row, found.finding, closed=closed)
        else:
            who = await self._who(row.workflow_id, found)
            closed = await mend(self._states, row, found.finding, who.told() if who else None)
            self._told(row, found.finding, closed=closed)

    async def _is_unchanged(self, row: WorkflowState) -> bool:
        """Whether no run has told anything since the row was read: what one rests in, it has told before."""
        now = await self._states.load(row.workflow_id)
        return now is not None and now.updated_at == row.updated_at

    async def _settle_start(self, row: WorkflowState, found: Look) -> None:
        """A start that got no answer either runs, and then the row must say so, or it never arrived."""
        if found.finding is not Finding.OPEN:
            await self._states.start_never_arrived(row.workflow_id)
            return
        try:
            await self._states.start_again(row.workflow_id)
        except ActiveGenerationExists:
            # The teacher went on without it: nobody waits for these questions, and they would cost money.
            log.warning("orphan_cancelled", workflow_id=row.workflow_id)
            await self._temporal.cancel(row.workflow_id)
            await self._states.start_never_arrived(row.workflow_id)

    async def _who(self, workflow_id: str, found: Look) -> Deed | None:
        if found.run_id is None or found.finding not in (Finding.TERMINATED, Finding.CANCELLED):
            return None
        status = Status.FAILED if found.finding is Finding.TERMINATED else Status.CANCELLED
        try:
            return await Causes(self._temporal.deeds).of(workflow_id, found.run_id, status, datetime.now(UTC))
        except ServiceError:
            if found.run_id in self._unreadable:
                self._unreadable.discard(found.run_id)
                return None  # that it ended is worth telling without a name too
            self._unreadable.add(found.run_id)
            raise

    async def _attribute(self) -> None:
        """Note who caused what the runs themselves have told: pauses, resumes, cancels and resets from anywhere.

        It ends at the first run whose history cannot be read: in an outage that is any. It may also be that one alone,
        so it comes last until it can be read.
        """
        causes = Causes(self._temporal.deeds)
        for event in await self._store.unattributed(ATTRIBUTE_WITHIN, MOST_ATTRIBUTED, last=self._unreadable):
            try:
                deed = await causes.of(event.workflow_id, event.run_id, Status(event.status), event.created_at)
            except ServiceError:
                self._unreadable.add(event.run_id)
                raise
            self._unreadable.discard(event.run_id)
            await self._store.attribute(event.id, deed.told() if deed else {"by": None})

    def _told(self, row: WorkflowState, finding: Finding, *, closed: bool) -> None:
        if closed:
            log.info("row_mended", workflow_id=row.workflow_id, run_id=row.run_id, finding=str(finding))


async def _leads(connection: psycopg.AsyncConnection) -> bool:
    row = await (await connection.execute("SELECT pg_try_advisory_lock(%s)", (_LEADER,))).fetchone()
    return bool(row and row[0])
