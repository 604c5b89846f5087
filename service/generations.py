"""The operations on generations: start, status, pause, resume, cancel. The command line and the API stand on them."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta

from temporalio.client import Client

from domain.statuses import Status
from metrics import generations
from service.errors import CannotResume, KeyReused, NoOpenRun, NotPossible, ServiceError, TemporalUnavailable
from service.finding import Finding, Look, mend
from service.reading import Reading
from service.requests import GenerationRequest, key_of
from service.starting import Starter
from service.status import GenerationStatus
from service.temporal import Temporal
from settings import Settings
from storage.quizzes import QuizStore
from storage.starts import ActiveGenerationExists, KeyTaken, RequestKey
from storage.tables import Quiz, WorkflowState
from storage.workflow_states import WorkflowStateStore
from workflows.messages import FINISH, WORKFLOW_TYPE

# A person should hear within seconds that Temporal is away.
RPC_TIMEOUT = timedelta(seconds=3)
# The mirror follows a pause within milliseconds; a worker that is busy or away takes longer.
ACKNOWLEDGE_SECONDS = 10.0

COMPLETED = "the generation is completed; every question asked for is there"
STILL_ENDING = "the generation is still ending; nothing was lost, try again in a moment"


class GenerationService(Reading):
    """The operations on generations. `connect` is awaited at the first need, so that reading works without Temporal.

    `acknowledge` is how many seconds pause, resume and cancel wait for the mirror to show them.
    """

    def __init__(
        self,
        settings: Settings,
        states: WorkflowStateStore,
        quizzes: QuizStore,
        connect: Callable[[], Awaitable[Client]],
        *,
        rpc_timeout: timedelta = RPC_TIMEOUT,
        acknowledge: float = ACKNOWLEDGE_SECONDS,
    ) -> None:
        super().__init__(states)
        self._quizzes = quizzes
        self._temporal = Temporal(connect, settings.task_queue, rpc_timeout)
        self._starter = Starter(settings, states, self._temporal)
        self._acknowledge = acknowledge

    async def generate(self, quiz: Quiz, request: GenerationRequest, *, idempotency_key: str | None = None) -> str:
        """Start a generation and return its workflow id; a repeated request finds the generation of the first.

        Raises ActiveGeneration when the quiz has another active one, KeyReused and TemporalUnavailable.
        """
        key = key_of(quiz, request, idempotency_key)
        try:
            return await self._starter.start(quiz, request, key)
        except KeyTaken as taken:
            return await self._repeated(taken, key)

    async def resume_or_generate(
        self, quiz: Quiz, request: GenerationRequest, *, idempotency_key: str | None = None
    ) -> str:
        """Continue the quiz's newest generation that can be resumed; without one, start a new one.

        One that completes at that moment is the answer as it is. Raises ActiveGeneration when another one is running,
        KeyReused and TemporalUnavailable.
        """
        resumable = await self.list_resumable(quiz.id)
        if not resumable:
            return await self.generate(quiz, request, idempotency_key=idempotency_key)
        workflow_id = resumable[0].workflow_id
        key = key_of(quiz, request, idempotency_key)
        try:
            if key is not None:
                await self._states.remember(key, workflow_id, carried_out=False)
        except KeyTaken as taken:
            return await self._repeated(taken, key)
        return await self._carry_out(workflow_id, key)

    async def list_resumable(self, quiz_id: uuid.UUID) -> list[GenerationStatus]:
        """Generations of a quiz that can be resumed, newest first: of an active one, only itself can, once paused."""
        active = await self._states.active(quiz_id)
        rows = await self._states.list_resumable(quiz_id) if active is None else [active]
        statuses = [await self.status(row.workflow_id) for row in rows]
        return [status for status in statuses if status.can_resume]

    async def pause(self, workflow_id: str) -> GenerationStatus:
        """Stop asking the model. Returns once the mirror shows it: from then on no new call starts. Idempotent."""
        status = await self.status(workflow_id)
        if not status.status.is_active:
            raise NotPossible(f"the generation is {status.status}; only a running one can be paused")
        # First, so that the snapshot that shows the pause comes after the note and ends it.
        await self._states.pause_requested(workflow_id)
        try:
            await self._temporal.signal(workflow_id, "pause")
        except (ServiceError, asyncio.CancelledError):
            await asyncio.shield(self._states.pause_withdrawn(workflow_id))
            raise
        return await self._until(workflow_id, lambda now: now.status is not Status.RUNNING)

    async def resume(self, workflow_id: str) -> GenerationStatus:
        """Go on: a paused generation by signal, an ended one by a new run that keeps every finished question.

        Raises CannotResume with the rule that forbids it.
        """
        status = await self._reconciled(workflow_id)
        if status.status is Status.RUNNING and not status.pausing:
            raise CannotResume("the generation is running already; there is nothing to resume")
        return await self.ensure_running(workflow_id)

    async def ensure_running(self, workflow_id: str) -> GenerationStatus:
        """The same, and no error when it runs already."""
        try:
            return await self._ensure_running(workflow_id)
        except NoOpenRun:  # it ended meanwhile, and how, the second look tells
            return await self._ensure_running(workflow_id)

    async def cancel(self, workflow_id: str) -> GenerationStatus:
        """End a generation and keep its finished questions. Idempotent; raises NotPossible when it ended otherwise."""
        status = await self.status(workflow_id)
        if status.status is Status.CANCELLED:
            return status
        if not status.status.is_active:
            raise NotPossible(f"the generation is {status.status} already")
        await self._temporal.cancel(workflow_id)
        return await self._until(workflow_id, lambda now: not now.status.is_active)

    async def says_paused(self, workflow_id: str) -> bool:
        """Whether the workflow itself says that it is paused; False when no worker answers for it."""
        try:
            return (await self._temporal.progress(workflow_id)).status == Status.PAUSED
        except ServiceError:
            return False

    async def reconcile(self, workflow_id: str) -> None:
        """Mend an open row whose workflow ended without telling: terminated, timed out, or gone from the server.

        Never writes a failure because Temporal cannot be reached: then it raises TemporalUnavailable.
        """
        row = await self._row(workflow_id)
        if not Status(row.status).is_active:
            return
        await self._mended(row)

    # --- private ---

    async def _repeated(self, taken: KeyTaken, key: RequestKey | None) -> str:
        """The generation of a key that came before, whose request is carried out if that is not sure."""
        if not taken.same_request:
            raise KeyReused
        if not taken.carried_out:
            return await self._carry_out(taken.workflow_id, key)
        return await self._starter.repeated(taken.workflow_id)

    async def _carry_out(self, workflow_id: str, key: RequestKey | None) -> str:
        """Resume for a request, and note that it is done."""
        try:
            await self.ensure_running(workflow_id)
        except CannotResume:
            row = await self._row(workflow_id)
            if row.status != Status.COMPLETED:
                raise await self._starter.active(row.quiz_id) from None
        if key is not None:
            await self._states.carried_out(key)
        return workflow_id

    async def _ensure_running(self, workflow_id: str) -> GenerationStatus:
        status = await self._reconciled(workflow_id)
        if status.status is Status.COMPLETED:
            raise CannotResume(COMPLETED)
        if not status.status.is_active:
            return await self._start_again(workflow_id)
        # Signals keep their order: this one also undoes a pause that is on its way and that no worker has seen yet.
        await self._temporal.signal(workflow_id, "resume")
        await self._states.pause_withdrawn(workflow_id)
        if status.status is Status.PAUSED or status.pausing:
            generations.resumed(WORKFLOW_TYPE)
        if status.status is Status.RUNNING:
            return await self.status(workflow_id)
        return await self._until(workflow_id, lambda now: now.status is not Status.PAUSED)

    async def _reconciled(self, workflow_id: str) -> GenerationStatus:
        """The status; of an active one after asking Temporal: an operator may have ended the run unnoticed.

        Raises TemporalUnavailable when the run was asked to end and has not yet.
        """
        row = await self._row(workflow_id)
        if Status(row.status).is_active and (await self._mended(row)).is_cancelled:
            raise TemporalUnavailable(STILL_ENDING)
        return await self.status(workflow_id)

    async def _mended(self, row: WorkflowState) -> Look:
        found = await self._temporal.look(row)
        if found.finding is Finding.NEVER_STARTED:
            await self._starter.run(row)
            generations.reconciler_found(found.finding)
        else:
            await mend(self._states, row, found.finding)
        return found

    async def _start_again(self, workflow_id: str) -> GenerationStatus:
        newest = await self._temporal.newest_run(workflow_id, patience=self._acknowledge)
        row = await self._row(workflow_id)  # it may have told its end meanwhile
        told_its_end = row.current_node == FINISH
        if newest.lives and (newest.is_cancelled or (told_its_end and row.run_id == newest.run_id)):
            # Its worker died in between, or is busy. It goes by no signal, and beside it no other run can start.
            if row.status == Status.CANCELLED and not newest.is_cancelled:
                await self._temporal.cancel(workflow_id)  # its history fell back behind the cancel that it told of
            raise TemporalUnavailable(STILL_ENDING)
        if row.status == Status.COMPLETED:
            raise CannotResume(COMPLETED)
        # A run that failed by itself has used up its stored answers; one that was ended from outside has not. After one
        # that never began it is as the resume before had it.
        gave_up = row.status == Status.FAILED and told_its_end
        if row.run_id is None:
            gave_up = bool(row.state_data.get("fresh_attempts"))
        try:
            ended_run = None if newest.lives else newest.run_id
            if await self._states.reopen(workflow_id, ended_run=ended_run, fresh_attempts=gave_up):
                generations.resumed(WORKFLOW_TYPE)
        except ActiveGenerationExists:
            active = await self._states.active(row.quiz_id)
            if active is None:  # it has just ended
                raise TemporalUnavailable(STILL_ENDING) from None
            if active.workflow_id != workflow_id:
                raise CannotResume(
                    f"the quiz has another active generation, {active.workflow_id}; wait for it or cancel it"
                ) from None
        if newest.lives:  # the row was closed by mistake, by somebody who asked another server
            await self._temporal.signal(workflow_id, "resume")
        else:
            await self._starter.run(await self._row(workflow_id))
        return await self.status(workflow_id)

    async def _until(self, workflow_id: str, reached: Callable[[GenerationStatus], bool]) -> GenerationStatus:
        """The status once `reached`, or as it is after a while: signals are durable and wait for a worker."""
        deadline = asyncio.get_running_loop().time() + self._acknowledge
        while True:
            status = await self.status(workflow_id)
            if reached(status) or asyncio.get_running_loop().time() > deadline:
                return status
            await asyncio.sleep(0.05)
