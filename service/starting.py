"""Starting a generation: the row first, then the workflow, and never two for one request.

Whatever dies in between leaves a row by which a repetition finds the start again. A start that Temporal did not answer
may have arrived: its row says `failed` and is marked until a repetition, a resume or the reconciler asked Temporal.
"""

import asyncio
import uuid
from dataclasses import asdict

import structlog
from sqlalchemy.exc import DBAPIError

from domain.statuses import Status
from metrics import generations
from service.errors import ActiveGeneration, NotPossible, TemporalUnavailable
from service.requests import GenerationRequest, new_row, options_of
from service.temporal import Temporal
from settings import Settings
from storage.snapshots import NEVER_ARRIVED, UNANSWERED
from storage.starts import ActiveGenerationExists, RequestKey
from storage.tables import Quiz, WorkflowState
from storage.workflow_states import WorkflowStateStore
from workflows.messages import WORKFLOW_TYPE, GenerationOptions
from workflows.state import GenerationInput

log = structlog.get_logger()

NO_ANSWER = "Temporal did not answer the start; ask again, or resume, and it goes on"


class Starter:
    """Starts generations."""

    def __init__(self, settings: Settings, states: WorkflowStateStore, temporal: Temporal) -> None:
        self._settings = settings
        self._states = states
        self._temporal = temporal

    async def start(self, quiz: Quiz, request: GenerationRequest, key: RequestKey | None) -> str:
        """The workflow id; a repetition without a key finds the generation that is there.

        Raises KeyTaken, ActiveGeneration and TemporalUnavailable.
        """
        options = options_of(quiz, request, self._settings)
        try:
            found = await self._unanswered(quiz, options, key)
            if found is not None:
                return found
            row = new_row(quiz, options)
            await self._create(row, key)
        except ActiveGenerationExists:
            raise await self.active(quiz.id) from None
        generations.started(WORKFLOW_TYPE)
        await self.run(row)
        return row.workflow_id

    async def _create(self, row: WorkflowState, key: RequestKey | None) -> None:
        try:
            await self._states.create(row, key)
        except asyncio.CancelledError:  # nobody waits for an answer any more; the row may be there nevertheless
            await asyncio.shield(self._note_no_answer(row.workflow_id))
            raise

    async def run(self, row: WorkflowState) -> None:
        """Start the workflow of a row that says `running`; raises TemporalUnavailable: then the row says `failed`."""
        try:
            await self._temporal.start(row.workflow_id, input_of(row), first=row.retry_count == 0)
        except (TemporalUnavailable, asyncio.CancelledError):
            await asyncio.shield(self._note_no_answer(row.workflow_id))
            raise
        except NotPossible as refusal:
            if await self._states.mark_never_started(row.workflow_id, str(refusal)):
                generations.ended(WORKFLOW_TYPE, Status.FAILED)
            raise

    async def repeated(self, workflow_id: str) -> str:
        """The generation of a request that came before, started if that is not sure; raises ActiveGeneration."""
        row = await self._states.load(workflow_id)
        if row is not None and row.status == Status.FAILED and _was_not_started(row):
            try:
                await self._states.start_again(row.workflow_id)
            except ActiveGenerationExists:
                raise await self.active(row.quiz_id) from None
            await self.run(row)
        elif row is not None and row.run_id is None and Status(row.status).is_active:
            await self.run(row)  # the first request is still at it, or died before its answer
        return workflow_id

    async def _unanswered(self, quiz: Quiz, options: GenerationOptions, key: RequestKey | None) -> str | None:
        """The generation of an equal request whose start got no answer, started for sure now."""
        row = await self._states.not_started(quiz.id)
        if row is None:
            return None
        if key is not None:  # what was answered before has its answer, whatever this row is about
            await self._states.raise_if_taken(key)
        if row.state_data.get("options") == asdict(options):
            if key is not None:
                await self._states.remember(key, row.workflow_id)
            await self._states.start_again(row.workflow_id)
            await self.run(row)
            return row.workflow_id
        if not row.state_data.get(UNANSWERED):
            return None  # nothing of it runs
        if (await self._temporal.newest_run(row.workflow_id, patience=0)).lives:
            await self._states.start_again(row.workflow_id)
            raise ActiveGeneration(row.workflow_id)
        await self._states.start_never_arrived(row.workflow_id)
        return None

    async def active(self, quiz_id: uuid.UUID) -> ActiveGeneration:
        """The error that names the quiz's active generation."""
        active = await self._states.active(quiz_id)
        return ActiveGeneration(active.workflow_id if active else "unknown")

    async def _note_no_answer(self, workflow_id: str) -> None:
        try:
            await self._states.start_unanswered(workflow_id, NO_ANSWER)
        except DBAPIError as problem:  # the reconciler finds the row later
            log.warning("unanswered_start_not_noted", workflow_id=workflow_id, error=type(problem).__name__)


def input_of(row: WorkflowState) -> GenerationInput:
    """The input of a new run of the generation, from what its row keeps."""
    return GenerationInput(GenerationOptions(**row.state_data["options"]), bool(row.state_data.get("fresh_attempts")))


def _was_not_started(row: WorkflowState) -> bool:
    return bool(row.state_data.get(UNANSWERED) or row.state_data.get(NEVER_ARRIVED))
