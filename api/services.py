"""What the routes stand on: stores, the service, the live events. Opened with the process, closed with it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from fastapi import Request
from psycopg_pool import AsyncConnectionPool
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.runtime import Runtime

from api.live import Live
from api.passwords import Passwords
from api.throttle import Throttle
from api.tokens import Tokens
from metrics import generations as counted
from metrics.sdk import SdkMetrics
from service.generations import GenerationService
from service.reconciler import Reconciler
from service.status import GenerationStatus
from settings import Settings
from storage.accounts import AccountStore
from storage.engine import create_engine, create_pool
from storage.fast_reads import FastReads
from storage.questions import QuestionStore
from storage.quizzes import QuizStore
from storage.workflow_states import WorkflowStateStore
from temporal_client import lazily
from temporal_logs import core_logs, quiet_sdk_logs
from workflows.messages import WORKFLOW_TYPE

if TYPE_CHECKING:
    from service.stateless import StatelessGenerations as Stateless

# With the deadline of a request, room for one look at PostgreSQL after Temporal did not answer.
RPC_TIMEOUT = timedelta(seconds=2)
# Pause, resume and cancel are stored by then; the status tells when a worker has taken them up.
ACKNOWLEDGE_SECONDS = 1.0


@dataclass(frozen=True)
class Services:
    """One of each."""

    settings: Settings
    engine: AsyncEngine
    reads: FastReads
    states: WorkflowStateStore
    quizzes: QuizStore
    questions: QuestionStore
    accounts: AccountStore
    generations: "GenerationService | Stateless"
    temporal: Callable[[], Awaitable[Client]]
    live: Live
    tokens: Tokens
    passwords: Passwords
    throttle: Throttle

    def as_shown(self, status: GenerationStatus) -> GenerationStatus:
        """A status as the running mode has it: what cannot be resumed here must not be offered."""
        return status if self.is_durable else replace(status, can_resume=False)

    @property
    def is_durable(self) -> bool:
        """Whether generations are workflows, or tasks of this process."""
        return isinstance(self.generations, GenerationService)


@contextlib.asynccontextmanager
async def open_services(settings: Settings) -> AsyncIterator[Services]:
    """Open everything. PostgreSQL and Temporal may be away: what needs them says so, until they are back."""
    url = settings.require_database_url()
    engine, pool = create_engine(url, pool_size=10), create_pool(url, size=10)
    states, quizzes, accounts = WorkflowStateStore(engine), QuizStore(engine), AccountStore(engine)
    async with contextlib.AsyncExitStack() as stack:
        temporal = lazily(settings, await stack.enter_async_context(_sdk_metrics()))
        stack.push_async_callback(engine.dispose)
        await stack.enter_async_context(_opened(pool))
        reads = FastReads(pool)
        live = await stack.enter_async_context(Live(url, reads).running())
        generations: GenerationService | Stateless
        if settings.enable_workflow_persistence:
            generations = GenerationService(
                settings, states, quizzes, temporal, rpc_timeout=RPC_TIMEOUT, acknowledge=ACKNOWLEDGE_SECONDS
            )
            reconciler = Reconciler(engine, temporal, settings)
            await stack.enter_async_context(reconciler.running())
        else:
            generations = await stack.enter_async_context(_stateless(settings, engine))
        yield Services(
            settings=settings,
            engine=engine,
            reads=reads,
            states=states,
            quizzes=quizzes,
            questions=QuestionStore(engine),
            accounts=accounts,
            generations=generations,
            temporal=temporal,
            live=live,
            tokens=Tokens(settings.require_api_secret_key(), hours=settings.api_token_hours),
            passwords=Passwords(),
            throttle=Throttle(accounts),
        )


@contextlib.asynccontextmanager
async def _stateless(settings: Settings, engine: AsyncEngine) -> AsyncIterator["Stateless"]:
    """Generations as tasks of this process."""
    # Brings LangGraph and the model's client with it, which the durable API never needs: 55 MB and two seconds.
    from service.stateless import StatelessGenerations  # noqa: PLC0415

    generations = StatelessGenerations.of(settings, engine)
    await generations.start()
    try:
        yield generations
    finally:
        await generations.close()


async def services_of(request: Request) -> Services:
    """The services of the application that serves the request. Async, or FastAPI would run it in a thread."""
    services: Services = request.app.state.services
    return services


@contextlib.asynccontextmanager
async def _opened(pool: AsyncConnectionPool) -> AsyncIterator[None]:
    await pool.open(wait=False)
    try:
        yield
    finally:
        await pool.close(timeout=1)


@contextlib.asynccontextmanager
async def _sdk_metrics() -> AsyncIterator[Runtime]:
    """The SDK's runtime, whose metrics are counted with ours."""
    quiet_sdk_logs()
    counted.announce(WORKFLOW_TYPE)
    sdk = SdkMetrics(core_logs())
    pump = asyncio.create_task(sdk.pump())
    try:
        yield sdk.runtime
    finally:
        pump.cancel()
