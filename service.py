"""The one door to generations, used by the command line and the API alike: start, status, pause, resume, cancel."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from domain.statuses import Status
from settings import Settings
from storage.quizzes import QuizStore
from storage.tables import QuestionRow, Quiz, WorkflowState
from storage.workflow_states import RESUMABLE, ActiveGenerationExists, WorkflowStateStore
from workflows.ids import new_generation_id
from workflows.messages import (
    OWNER_ATTRIBUTE,
    QUIZ_ATTRIBUTE,
    STATUS_ATTRIBUTE,
    WORKFLOW_TYPE,
    GenerationOptions,
)
from workflows.state import GenerationInput

MAX_QUESTIONS = 1_000
# An answer takes milliseconds; a person should hear within seconds that Temporal is away.
RPC_TIMEOUT = timedelta(seconds=3)
# The mirror follows a pause within milliseconds; a worker that is busy or away takes longer.
ACKNOWLEDGE_SECONDS = 10.0


class ServiceError(Exception):
    """A request that cannot be carried out; the text says why and what to do."""


class UnknownGeneration(ServiceError):
    """No generation has this workflow id."""


class NotPossible(ServiceError):
    """The generation is not in a state for this."""


class TemporalUnavailable(ServiceError):
    """Temporal did not answer; the request can be repeated."""


@dataclass(frozen=True)
class Waiting:
    """Slots that wait for the provider. Times are UTC."""

    slots: int
    reason: str
    since: datetime
    retry_at: datetime


@dataclass(frozen=True)
class GenerationStatus:
    """Where a generation stands, from the mirror alone: no worker and no Temporal needed."""

    workflow_id: str
    quiz_id: uuid.UUID
    status: Status
    total: int
    completed: int
    current_node: str | None
    error: str | None
    can_resume: bool
    in_flight: int
    revised: int
    rejected: int
    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost: float | None
    waiting: Waiting | None
    created_at: datetime
    updated_at: datetime

    @property
    def percentage(self) -> float:
        """Finished questions of those asked for, 0 to 100."""
        return round(100 * self.completed / self.total, 1) if self.total else 100.0


@dataclass(frozen=True)
class GenerationRequest:
    """What to write. `model` and `temperature` default to the settings and the provider."""

    question_count: int
    model: str | None = None
    temperature: float | None = None
    window: int | None = None


class GenerationService:
    """The operations on generations. `connect` is awaited at the first need, so that reading works without Temporal."""

    def __init__(
        self,
        settings: Settings,
        states: WorkflowStateStore,
        quizzes: QuizStore,
        connect: Callable[[], Awaitable[Client]],
    ) -> None:
        self._settings = settings
        self._states = states
        self._quizzes = quizzes
        self._connect = connect

    async def generate(self, quiz: Quiz, request: GenerationRequest) -> str:
        """Start a generation and return its workflow id; raises NotPossible when the quiz has an active one.

        The row is written first: a start whose answer is lost is found by it, and repeated without a second workflow.
        """
        if not 1 <= request.question_count <= MAX_QUESTIONS:
            raise NotPossible(f"ask for 1 to {MAX_QUESTIONS:,} questions, not {request.question_count:,}")
        options = self._options(quiz, request)
        workflow_id = str(new_generation_id(quiz.id))
        row = WorkflowState(
            workflow_id=workflow_id,
            workflow_type=WORKFLOW_TYPE,
            quiz_id=quiz.id,
            status=Status.RUNNING,
            total_steps=request.question_count,
            state_data={"options": asdict(options)},
        )
        try:
            await self._states.create(row)
        except ActiveGenerationExists:
            active = await self._states.active(quiz.id)
            name = active.workflow_id if active else "unknown"
            raise NotPossible(f"the quiz has an active generation already: {name}") from None
        await self._start(workflow_id, GenerationInput(options))
        return workflow_id

    async def status(self, workflow_id: str) -> GenerationStatus:
        """Where a generation stands; raises UnknownGeneration."""
        row = await self._row(workflow_id)
        waits = await self._states.waits(workflow_id)
        data = row.state_data
        status = Status(row.status)
        waiting = None
        if waits and status is Status.RUNNING:
            retry_at = min(wait.retry_at for wait in waits)
            waiting = Waiting(len(waits), waits[0].reason, waits[0].since, retry_at)
        return GenerationStatus(
            workflow_id=workflow_id,
            quiz_id=row.quiz_id,
            status=status,
            total=row.total_steps,
            completed=row.completed_steps,
            current_node=row.current_node,
            error=row.error_message,
            can_resume=status in RESUMABLE,
            in_flight=data.get("in_flight", 0),
            revised=data.get("revised", 0),
            rejected=data.get("rejected", 0),
            calls=data.get("calls", 0),
            prompt_tokens=data.get("prompt_tokens", 0),
            completion_tokens=data.get("completion_tokens", 0),
            cost=data.get("cost", 0.0),
            waiting=waiting,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )

    async def questions(self, workflow_id: str) -> list[QuestionRow]:
        """The finished questions in slot order."""
        return await self._states.questions(workflow_id)

    async def list_resumable(self, quiz_id: uuid.UUID) -> list[GenerationStatus]:
        """Generations of a quiz that can be resumed, newest first."""
        return [await self.status(row.workflow_id) for row in await self._states.list_resumable(quiz_id)]

    async def newest(self, owner_id: uuid.UUID, limit: int) -> list[GenerationStatus]:
        """An owner's generations, newest first."""
        rows = await self._states.newest(owner_id=owner_id, limit=limit)
        return [await self.status(row.workflow_id) for row in rows]

    async def pause(self, workflow_id: str) -> GenerationStatus:
        """Stop asking the model. Returns once the mirror shows it: from then on no new call starts. Idempotent."""
        status = await self.status(workflow_id)
        if not status.status.is_active:
            raise NotPossible(f"the generation is {status.status}; only a running one can be paused")
        await self._signal(workflow_id, "pause")
        return await self._until(workflow_id, lambda now: now.status is not Status.RUNNING)

    async def resume(self, workflow_id: str) -> GenerationStatus:
        """Go on: a paused generation by signal, an ended one by a new run that keeps every finished question."""
        status = await self.status(workflow_id)
        if status.status is Status.RUNNING:
            return status
        if status.status is Status.COMPLETED:
            raise NotPossible("the generation is completed; there is nothing to resume")
        if status.status is Status.PAUSED:
            await self._signal(workflow_id, "resume")
            return await self._until(workflow_id, lambda now: now.status is not Status.PAUSED)
        return await self._start_again(workflow_id, status)

    async def cancel(self, workflow_id: str) -> GenerationStatus:
        """End a generation and keep its finished questions. Idempotent; raises NotPossible when it ended otherwise."""
        status = await self.status(workflow_id)
        if status.status is Status.CANCELLED:
            return status
        if not status.status.is_active:
            raise NotPossible(f"the generation is {status.status} already")
        client = await self._client()
        async with _temporal_errors():
            await client.get_workflow_handle(workflow_id).cancel(rpc_timeout=RPC_TIMEOUT)
        return await self._until(workflow_id, lambda now: not now.status.is_active)

    async def reconcile(self, workflow_id: str) -> None:
        """Mend an open row whose workflow ended without telling: terminated, timed out, or gone from the server.

        Never writes a failure because Temporal cannot be reached: then it raises TemporalUnavailable.
        """
        row = await self._row(workflow_id)
        if not Status(row.status).is_active:
            return
        client = await self._client()
        async with _temporal_errors():
            try:
                description = await client.get_workflow_handle(workflow_id).describe(rpc_timeout=RPC_TIMEOUT)
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
                await self._mend_missing(row)
                return
        await self._mend(workflow_id, description)

    # --- private ---

    async def _mend(self, workflow_id: str, description: WorkflowExecutionDescription) -> None:
        match description.status:
            case WorkflowExecutionStatus.COMPLETED:
                await self._states.mark_completed(workflow_id)
            case WorkflowExecutionStatus.CANCELED:
                await self._states.mark_failed(workflow_id, "cancelled", Status.CANCELLED)
            case WorkflowExecutionStatus.TERMINATED:
                await self._states.mark_failed(workflow_id, "terminated by an operator; resume keeps every question")
            case WorkflowExecutionStatus.FAILED | WorkflowExecutionStatus.TIMED_OUT:
                await self._states.mark_failed(workflow_id, "the workflow failed; see its history in the Web UI")
            case _:
                return

    async def _mend_missing(self, row: WorkflowState) -> None:
        if row.run_id is None:
            # The row was written, the start never arrived: the process died in between.
            await self._start(row.workflow_id, self._input_of(row))
        else:
            await self._states.mark_failed(
                row.workflow_id,
                "the server has lost this generation's history; resume goes on with every question kept",
            )

    def _input_of(self, row: WorkflowState, *, fresh_attempts: bool = False) -> GenerationInput:
        """The input of a new run of the generation, from the options that its row keeps."""
        return GenerationInput(GenerationOptions(**row.state_data["options"]), fresh_attempts)

    async def _start_again(self, workflow_id: str, status: GenerationStatus) -> GenerationStatus:
        row = await self._row(workflow_id)
        start = self._input_of(row, fresh_attempts=status.status is Status.FAILED)
        await self._until_closed(workflow_id)
        try:
            await self._states.reopen(workflow_id)
        except ActiveGenerationExists:
            raise NotPossible("the quiz has another active generation; wait for it or cancel it") from None
        await self._start(workflow_id, start)
        return await self.status(workflow_id)

    async def _until_closed(self, workflow_id: str) -> None:
        """Wait for the ended run: it tells the mirror a moment before it closes, and until then no other can start."""
        client = await self._client()
        deadline = asyncio.get_running_loop().time() + ACKNOWLEDGE_SECONDS
        async with _temporal_errors():
            while True:
                try:
                    description = await client.get_workflow_handle(workflow_id).describe(rpc_timeout=RPC_TIMEOUT)
                except RPCError as error:
                    if error.status is RPCStatusCode.NOT_FOUND:
                        return  # the history expired or was lost; the questions are kept all the same
                    raise
                if description.status is not WorkflowExecutionStatus.RUNNING:
                    return
                if asyncio.get_running_loop().time() > deadline:
                    raise NotPossible("the ended run is still closing; try again in a moment")
                await asyncio.sleep(0.05)

    async def _start(self, workflow_id: str, start: GenerationInput) -> None:
        options = start.options
        client = await self._client()
        async with _temporal_errors():
            with contextlib.suppress(WorkflowAlreadyStartedError):  # the id is ours: an earlier try got through
                await client.start_workflow(
                    WORKFLOW_TYPE,
                    start,
                    id=workflow_id,
                    task_queue=self._settings.task_queue,
                    id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                    search_attributes=_search_attributes(options),
                    static_summary=f"{options.question_count} questions with {options.model}",
                    rpc_timeout=RPC_TIMEOUT,
                )

    async def _signal(self, workflow_id: str, signal: str) -> None:
        client = await self._client()
        async with _temporal_errors():
            await client.get_workflow_handle(workflow_id).signal(signal, rpc_timeout=RPC_TIMEOUT)

    async def _until(self, workflow_id: str, reached: Callable[[GenerationStatus], bool]) -> GenerationStatus:
        """The status once `reached`, or as it is after a while: signals are durable and wait for a worker."""
        deadline = asyncio.get_running_loop().time() + ACKNOWLEDGE_SECONDS
        while True:
            status = await self.status(workflow_id)
            if reached(status) or asyncio.get_running_loop().time() > deadline:
                return status
            await asyncio.sleep(0.05)

    async def _row(self, workflow_id: str) -> WorkflowState:
        row = await self._states.load(workflow_id)
        if row is None:
            raise UnknownGeneration(f"no generation has the id {workflow_id}")
        return row

    async def _client(self) -> Client:
        async with _temporal_errors():
            return await self._connect()

    def _options(self, quiz: Quiz, request: GenerationRequest) -> GenerationOptions:
        settings = self._settings
        return GenerationOptions(
            quiz_id=str(quiz.id),
            owner_id=str(quiz.owner_id),
            question_count=request.question_count,
            model=request.model or settings.model_name,
            temperature=request.temperature,
            language=quiz.language,
            window=request.window or settings.workflow_window,
            max_retries=settings.workflow_max_retries,
            checkpoint_interval=settings.workflow_checkpoint_interval,
            checkpoint_timeout=settings.workflow_checkpoint_timeout,
            mirror_delay=settings.workflow_mirror_delay,
        )


def _search_attributes(options: GenerationOptions) -> TypedSearchAttributes:
    values = {
        QUIZ_ATTRIBUTE: options.quiz_id,
        OWNER_ATTRIBUTE: options.owner_id,
        STATUS_ATTRIBUTE: Status.RUNNING.value,
    }
    return TypedSearchAttributes(
        [SearchAttributePair(SearchAttributeKey.for_keyword(name), value) for name, value in values.items()]
    )


@contextlib.asynccontextmanager
async def _temporal_errors() -> AsyncIterator[None]:
    """Turn Temporal being away into one error that can be repeated; other errors pass."""
    try:
        yield
    except RPCError as error:
        if error.status in (RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED):
            raise TemporalUnavailable("Temporal does not answer; nothing was lost, try again in a moment") from None
        if error.status is RPCStatusCode.NOT_FOUND:
            raise NotPossible("Temporal has no open run of this generation; `mcq status` shows how it ended") from None
        raise
    except (ConnectionError, RuntimeError):
        # RuntimeError is the SDK's word for a lazy client whose first connection fails.
        raise TemporalUnavailable("Temporal cannot be reached; nothing was lost, try again in a moment") from None
