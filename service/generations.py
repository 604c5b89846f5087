"""The one door to generations, used by the command line and the API alike: start, status, pause, resume, cancel."""

import asyncio
import contextlib
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import timedelta

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from domain.statuses import Status
from service.errors import NotPossible, UnknownGeneration, temporal_errors
from service.finding import Finding, find, mend
from service.search_attributes import attributes_of
from service.status import GenerationStatus
from settings import Settings
from storage.quizzes import QuizStore
from storage.tables import QuestionRow, Quiz, WorkflowState
from storage.workflow_states import ActiveGenerationExists, WorkflowStateStore
from workflows.ids import new_generation_id
from workflows.messages import FINISH, WORKFLOW_TYPE, GenerationOptions
from workflows.state import GenerationInput

MAX_QUESTIONS = 1_000
# A person should hear within seconds that Temporal is away.
RPC_TIMEOUT = timedelta(seconds=3)
# The mirror follows a pause within milliseconds; a worker that is busy or away takes longer.
ACKNOWLEDGE_SECONDS = 10.0


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
        *,
        rpc_timeout: timedelta = RPC_TIMEOUT,
    ) -> None:
        self._settings = settings
        self._states = states
        self._quizzes = quizzes
        self._connect = connect
        self._rpc_timeout = rpc_timeout

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
        return GenerationStatus.of(row, await self._states.waits(workflow_id))

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
        if status.status.is_active:
            await self.reconcile(workflow_id)  # an operator may have ended the run, and nobody noticed
            status = await self.status(workflow_id)
        if status.status is Status.RUNNING:
            # A pause may be on its way that no worker has seen yet; signals keep their order, so ours comes after it.
            with contextlib.suppress(NotPossible):  # it ended meanwhile
                await self._signal(workflow_id, "resume")
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
        async with temporal_errors():
            await client.get_workflow_handle(workflow_id).cancel(rpc_timeout=self._rpc_timeout)
        return await self._until(workflow_id, lambda now: not now.status.is_active)

    async def reconcile(self, workflow_id: str) -> None:
        """Mend an open row whose workflow ended without telling: terminated, timed out, or gone from the server.

        Never writes a failure because Temporal cannot be reached: then it raises TemporalUnavailable.
        """
        row = await self._row(workflow_id)
        if not Status(row.status).is_active:
            return
        client = await self._client()
        async with temporal_errors():
            finding = await find(client, row, rpc_timeout=self._rpc_timeout)
        if finding is Finding.NEVER_STARTED:
            await self._start(workflow_id, self._input_of(row))
        else:
            await mend(self._states, workflow_id, finding)

    # --- private ---

    def _input_of(self, row: WorkflowState) -> GenerationInput:
        """The input of a new run of the generation, from what its row keeps."""
        fresh_attempts = bool(row.state_data.get("fresh_attempts"))
        return GenerationInput(GenerationOptions(**row.state_data["options"]), fresh_attempts)

    async def _start_again(self, workflow_id: str, status: GenerationStatus) -> GenerationStatus:
        # A run that failed by itself has used up its stored answers; one that was ended from outside has not.
        gave_up = status.status is Status.FAILED and status.current_node == FINISH
        ended_run, lives = await self._ended_run(workflow_id)
        try:
            await self._states.reopen(workflow_id, ended_run=ended_run, fresh_attempts=gave_up)
        except ActiveGenerationExists:
            raise NotPossible("the quiz has another active generation; wait for it or cancel it") from None
        if lives:  # the row was closed by mistake, by somebody who asked another server
            await self._signal(workflow_id, "resume")
        else:
            await self._start(workflow_id, self._input_of(await self._row(workflow_id)))
        return await self.status(workflow_id)

    async def _ended_run(self, workflow_id: str) -> tuple[str | None, bool]:
        """The newest run's id, None when history has gone, and whether it still lives after a while.

        A run tells the mirror a moment before it closes, and until then no other can start.
        """
        client, deadline = await self._client(), asyncio.get_running_loop().time() + ACKNOWLEDGE_SECONDS
        async with temporal_errors():
            while True:
                try:
                    description = await client.get_workflow_handle(workflow_id).describe(rpc_timeout=self._rpc_timeout)
                except RPCError as error:
                    if error.status is RPCStatusCode.NOT_FOUND:
                        return None, False
                    raise
                lives = description.status is WorkflowExecutionStatus.RUNNING
                if not lives or asyncio.get_running_loop().time() > deadline:
                    return description.run_id, lives
                await asyncio.sleep(0.05)

    async def _start(self, workflow_id: str, start: GenerationInput) -> None:
        options = start.options
        client = await self._client()
        async with temporal_errors():
            with contextlib.suppress(WorkflowAlreadyStartedError):  # the id is ours: an earlier try got through
                await client.start_workflow(
                    WORKFLOW_TYPE,
                    start,
                    id=workflow_id,
                    task_queue=self._settings.task_queue,
                    id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                    search_attributes=attributes_of(options),
                    static_summary=f"{options.question_count} questions with {options.model}",
                    rpc_timeout=self._rpc_timeout,
                )

    async def _signal(self, workflow_id: str, signal: str) -> None:
        client = await self._client()
        async with temporal_errors():
            await client.get_workflow_handle(workflow_id).signal(signal, rpc_timeout=self._rpc_timeout)

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
        async with temporal_errors():
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
