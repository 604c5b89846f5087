"""For machines: liveness, readiness, metrics, and the pages that problems name as their type."""

import asyncio
from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.service import RPCError

from api.dependencies import TheServices
from api.pollers import given_work
from api.problems import KINDS, not_found, told
from api.services import Services
from metrics.exposition import CONTENT_TYPE, render
from storage.hanging import within
from storage.views import active_workflows
from workflows.messages import WORKFLOW_TYPE

router = APIRouter(tags=["operations"])

# A worker asks for work again within a minute, and the server remembers those that no longer do for five.
POLLED_WITHIN = timedelta(seconds=75)
_RPC_TIMEOUT = timedelta(seconds=2)
_SECONDS = 2.0


class Healthy(BaseModel):
    """The process answers."""

    status: str = "ok"


class ProblemKind(BaseModel):
    """A kind of problem."""

    type: str = Field(examples=["/problems/not-found"])
    status: int = Field(examples=[404])
    title: str = Field(examples=["Not found"])
    what_to_do: str = Field(examples=["Check the id; you see only what is yours."])


class Readiness(BaseModel):
    """What is needed to serve, and whether it is there."""

    ready: bool
    database: bool
    temporal: bool | None = Field(description="Null when generations run without it.")
    workers: int | None = Field(description="Workers that asked for work within the last 75 s and are given some.")


@router.get("/healthz")
async def healthz() -> Healthy:
    """Liveness: the process answers. Restart it when it does not."""
    return Healthy()


@router.get("/readyz", responses={503: {"model": Readiness, "description": "Something is missing."}})
async def readyz(services: TheServices) -> Response:
    """Readiness: database, Temporal, and at least one worker that asks for work."""
    database, workers = await asyncio.gather(_database(services), _workers(services))
    temporal = None if not services.is_durable else workers is not None
    ready = database and (not services.is_durable or bool(workers))
    content = Readiness(ready=ready, database=database, temporal=temporal, workers=workers)
    return JSONResponse(content.model_dump(), 200 if ready else 503, None if ready else {"Retry-After": "2"})


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(services: TheServices) -> Response:
    """For Prometheus: of all API processes together."""
    try:
        active = await within(_SECONDS, active_workflows(services.engine, WORKFLOW_TYPE))
    except (SQLAlchemyError, TimeoutError):
        active = None
    return Response(await asyncio.to_thread(render, active), media_type=CONTENT_TYPE)


@router.get("/problems/{kind}", responses=told("not-found"))
async def problem(kind: str) -> ProblemKind:
    """What a kind of problem means, and what to do about it."""
    if kind not in KINDS:
        raise not_found()
    status, title, what_to_do = KINDS[kind]
    return ProblemKind(type=f"/problems/{kind}", status=status, title=title, what_to_do=what_to_do)


async def _database(services: Services) -> bool:
    async def ask() -> None:
        async with services.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    try:
        await within(_SECONDS, ask())
    except (SQLAlchemyError, TimeoutError):
        return False
    return True


async def _workers(services: Services) -> int | None:
    """How many workers ask for work; None when Temporal does not answer, or is not needed."""
    if not services.is_durable:
        return None
    try:
        async with asyncio.timeout(_SECONDS):
            client = await services.temporal()
            described = await client.workflow_service.describe_task_queue(
                DescribeTaskQueueRequest(
                    namespace=client.namespace,
                    task_queue=TaskQueue(name=services.settings.task_queue),
                    task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
                ),
                timeout=_RPC_TIMEOUT,
            )
    except (RPCError, RuntimeError, ConnectionError, TimeoutError):
        return None
    oldest = datetime.now(UTC) - POLLED_WITHIN
    return len(given_work(described, oldest))
