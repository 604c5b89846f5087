"""Generations without Temporal, for ENABLE_WORKFLOW_PERSISTENCE=false: tasks of this process, with the same rows.

They cannot be paused or resumed, and they end with the process. Everything else is as with `service/generations.py`.
"""

import asyncio
import dataclasses
import uuid
from typing import Self

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.statuses import Status
from metrics import generations
from model.client import ModelClient
from service.errors import ActiveGeneration, KeyReused, NotPossible, NotSupported
from service.reading import Reading
from service.requests import GenerationRequest, key_of, new_row, options_of
from service.status import GenerationStatus
from settings import Settings
from storage.model_calls import ModelCallStore
from storage.quizzes import QuizStore
from storage.starts import ActiveGenerationExists, KeyTaken
from storage.stateless import ProcessStore, is_stateless, new_run_id
from storage.tables import Quiz
from storage.workflow_states import WorkflowStateStore
from workflows.messages import WORKFLOW_TYPE, GenerationOptions
from writing.answers import Answers
from writing.in_process import InProcessGeneration
from writing.outages import DATABASE_ERRORS

log = structlog.get_logger()

PROCESS_ENDED = "the process that wrote it ended; ENABLE_WORKFLOW_PERSISTENCE=true keeps generations through restarts"
NO_PAUSE = (
    "a generation cannot be paused while ENABLE_WORKFLOW_PERSISTENCE is false; "
    "cancel it, its finished questions are kept"
)
NO_RESUME = (
    "a generation cannot be resumed while ENABLE_WORKFLOW_PERSISTENCE is false; "
    "generate again for what is missing, the finished questions are kept and not asked twice"
)
# Seconds that a cancel, or the end of the process, waits for the row to be closed; only PostgreSQL makes it wait.
CLOSE_SECONDS = 10.0


class StatelessGenerations(Reading):
    """The operations on generations that live in this process. `start` comes first, `close` last."""

    def __init__(
        self,
        settings: Settings,
        states: WorkflowStateStore,
        quizzes: QuizStore,
        calls: ModelCallStore,
        processes: ProcessStore,
        model: ModelClient,
    ) -> None:
        super().__init__(states)
        self._settings = settings
        self._quizzes = quizzes
        self._calls = calls
        self._processes = processes
        self._model = model
        # The name of this process.
        self.run_id = new_run_id()
        self._running: dict[str, tuple[InProcessGeneration, asyncio.Task[None]]] = {}
        self._keeper: asyncio.Task[None] | None = None
        self._tidied = False

    @classmethod
    def of(cls, settings: Settings, engine: AsyncEngine) -> Self:
        """With stores on `engine` and a model client as the settings say."""
        model = ModelClient(
            api_key=settings.model_api_key,
            base_url=settings.openai_base_url,
            timeout=settings.openai_timeout,
            prices=settings.prices,
        )
        return cls(
            settings,
            WorkflowStateStore(engine),
            QuizStore(engine),
            ModelCallStore(engine),
            ProcessStore(engine),
            model,
        )

    async def start(self) -> None:
        """Close what processes that are gone left open. Rows of the durable service, and of busy processes, stay.

        When PostgreSQL is away, that is done as soon as it is back.
        """
        await self._keep_in_order()
        self._keeper = asyncio.create_task(self._keep(), name=self.run_id)

    async def close(self) -> None:
        """End this process's generations, with their finished questions and the reason; then the connections."""
        if self._keeper is not None:
            self._keeper.cancel()
        tasks = []
        for generation, task in self._running.values():
            generation.end(Status.FAILED, PROCESS_ENDED)
            tasks.append(task)
        if tasks:
            _, left = await asyncio.wait(tasks, timeout=CLOSE_SECONDS)
            for task in left:  # PostgreSQL is away: the next process closes their rows
                task.cancel()
        await self._processes.release()
        await self._model.close()

    async def generate(self, quiz: Quiz, request: GenerationRequest, *, idempotency_key: str | None = None) -> str:
        """Start a generation and return its id; a repeated request finds the generation of the first.

        Raises ActiveGeneration when the quiz has another active one, KeyReused and NotPossible.
        """
        options = options_of(quiz, request, self._settings)
        # With its run from the first moment on, so that nobody takes it for a start that Temporal missed.
        row = new_row(quiz, options, self.run_id)
        try:
            await self._states.create(row, key_of(quiz, request, idempotency_key))
        except KeyTaken as taken:
            if not taken.same_request:
                raise KeyReused from None
            if not taken.carried_out:
                raise NotSupported(NO_RESUME) from None
            return taken.workflow_id
        except ActiveGenerationExists:
            active = await self._states.active(quiz.id)
            raise ActiveGeneration(active.workflow_id if active else "unknown") from None
        generations.started(WORKFLOW_TYPE)
        self._run(row.workflow_id, options)
        return row.workflow_id

    async def resume_or_generate(
        self, quiz: Quiz, request: GenerationRequest, *, idempotency_key: str | None = None
    ) -> str:
        """Start a generation: there is none to resume."""
        return await self.generate(quiz, request, idempotency_key=idempotency_key)

    async def status(self, workflow_id: str) -> GenerationStatus:
        """Where a generation stands; raises UnknownGeneration. None can be resumed."""
        return dataclasses.replace(await super().status(workflow_id), can_resume=False)

    async def list_resumable(self, quiz_id: uuid.UUID) -> list[GenerationStatus]:
        """None: what ended is not resumed."""
        return []

    async def pause(self, workflow_id: str) -> GenerationStatus:
        """Raises NotSupported."""
        await self._row(workflow_id)
        raise NotSupported(NO_PAUSE)

    async def resume(self, workflow_id: str) -> GenerationStatus:
        """Raises NotSupported."""
        await self._row(workflow_id)
        raise NotSupported(NO_RESUME)

    async def ensure_running(self, workflow_id: str) -> GenerationStatus:
        """The status of one that runs; raises NotSupported for any other."""
        status = await self.status(workflow_id)
        if status.status is not Status.RUNNING:
            raise NotSupported(NO_RESUME)
        return status

    async def cancel(self, workflow_id: str) -> GenerationStatus:
        """End a generation and keep its finished questions. Idempotent; raises NotPossible when it ended otherwise.

        One that another process writes is closed; that process finds it so with its next question, and drops it.
        """
        status = await self.status(workflow_id)
        if status.status is Status.CANCELLED:
            return status
        if not status.status.is_active:
            raise NotPossible(f"the generation is {status.status} already")
        if workflow_id in self._running:
            generation, task = self._running[workflow_id]
            generation.end(Status.CANCELLED, None)
            await asyncio.wait({task}, timeout=CLOSE_SECONDS)
        elif await self._states.mark_failed(workflow_id, "cancelled", Status.CANCELLED):
            generations.ended(WORKFLOW_TYPE, Status.CANCELLED)
        return await self.status(workflow_id)

    async def reconcile(self, workflow_id: str) -> None:
        """Close an open row whose process is gone."""
        row = await self._row(workflow_id)
        if Status(row.status).is_active and is_stateless(row.run_id):
            await self._close_if_orphaned(workflow_id, row.run_id or "")

    # --- private ---

    def _run(self, workflow_id: str, options: GenerationOptions) -> None:
        generation = InProcessGeneration(
            workflow_id,
            self.run_id,
            options,
            states=self._states,
            quizzes=self._quizzes,
            calls=self._calls,
            answers=Answers(self._calls, self._quizzes, self._model),
            outage_patience=self._settings.workflow_outage_patience,
        )

        def forget(task: asyncio.Task[None]) -> None:
            del self._running[workflow_id]
            if not task.cancelled() and (error := task.exception()) is not None:
                log.error("generation_left_open", workflow_id=workflow_id, error=type(error).__name__)

        task = asyncio.create_task(generation.run(), name=workflow_id)
        self._running[workflow_id] = (generation, task)
        task.add_done_callback(forget)

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(self._settings.reconcile_interval)
            await self._keep_in_order()

    async def _keep_in_order(self) -> None:
        """Hold the lock that says that this process lives; the first time, close what others left."""
        try:
            await self._processes.hold(self.run_id)
            if not self._tidied:
                for workflow_id, run_id in await self._processes.open_rows():
                    await self._close_if_orphaned(workflow_id, run_id)
                self._tidied = True
        except DATABASE_ERRORS as error:
            log.warning("database_away", error=type(error).__name__)

    async def _close_if_orphaned(self, workflow_id: str, run_id: str) -> None:
        if run_id != self.run_id and not await self._processes.lives(run_id):
            if await self._states.mark_failed(workflow_id, PROCESS_ENDED):
                generations.ended(WORKFLOW_TYPE, Status.FAILED)
            log.warning("generation_orphaned", workflow_id=workflow_id)
