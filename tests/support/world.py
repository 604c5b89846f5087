"""One test's world: real stores and service, a worker when wanted, and the generation in the middle."""

import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

from sqlalchemy import text
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType, PendingActivityState
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle, WorkflowHistory
from temporalio.service import RPCError

from domain.statuses import Status
from service.generations import GenerationService
from service.requests import GenerationRequest
from service.starting import input_of
from service.status import GenerationStatus
from service.temporal import Temporal
from settings import Settings
from storage.engine import create_engine
from storage.model_calls import ModelCallStore
from storage.quizzes import NewDocument, QuizStore
from storage.tables import Quiz, WorkflowState
from storage.workflow_states import WorkflowStateStore
from tests.support.content import sample_chapter
from tests.support.demo import DemoModel
from tests.support.waiting import until
from worker import build_worker
from workflows.messages import MIRROR, Progress

# The event that completes the first task of a run.
FIRST_TASK = 4

# Activity types that call the model.
NODES = ("question.draft", "question.revise")


def scheduled(events: Iterable[HistoryEvent], *names: str) -> list[HistoryEvent]:
    """The events that schedule activities of these types, or of any type."""
    return [
        event
        for event in events
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
        and (not names or event.activity_task_scheduled_event_attributes.activity_type.name in names)
    ]


async def open_nodes(handle: WorkflowHandle[Any, Any]) -> int:
    """Model-calling activities of the current run that are scheduled, under way or waiting for a retry."""
    pending = (await handle.describe()).raw_description.pending_activities
    return sum(one.activity_type.name in NODES for one in pending)


async def beating(handle: WorkflowHandle[Any, Any]) -> int:
    """Activities that have beaten for two seconds: by then their calls are on their way."""
    pending = (await handle.describe()).raw_description.pending_activities
    return sum(one.last_heartbeat_time.seconds - one.last_started_time.seconds >= 2 for one in pending)


class World:
    """Everything real; the test's own database and task queue."""

    def __init__(self, settings: Settings, temporal: Client, demo: DemoModel) -> None:
        self.settings = settings
        self.temporal = temporal
        self.demo = demo
        self.engine = create_engine(settings.require_database_url(), pool_size=4)
        self.states = WorkflowStateStore(self.engine)
        self.quizzes = QuizStore(self.engine)
        self.calls = ModelCallStore(self.engine)
        self.service = self.service_with(settings)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end_generations()
        await self.engine.dispose()

    def service_with(self, settings: Settings) -> GenerationService:
        """The service with other settings on the same stores."""

        return GenerationService(settings, self.states, self.quizzes, self.connect)

    async def start_workflow_of(self, row: WorkflowState) -> None:
        """What Temporal does with a start, whatever became of its answer."""
        await Temporal(self.connect, self.settings.task_queue, timedelta(seconds=3)).start(
            row.workflow_id, input_of(row), first=True
        )

    async def connect(self) -> Client:
        """The shared client."""
        return self.temporal

    @asynccontextmanager
    async def worker(self, **changes: Any) -> AsyncIterator[None]:
        """A worker in this process, with settings changed if wanted."""
        worker = build_worker(self.temporal, self.settings.model_copy(update=changes))
        async with worker:
            yield

    async def quiz(self, *documents: NewDocument) -> Quiz:
        """A quiz with content: the sample chapter unless told otherwise."""
        owner = await self.quizzes.local_owner()
        return await self.quizzes.create(Quiz(owner_id=owner, title="A quiz"), documents or [sample_chapter()])

    async def start(self, questions: int, *, quiz: Quiz | None = None, **changes: Any) -> str:
        """Start a generation, with settings changed if wanted; returns its workflow id."""
        service = self.service_with(self.settings.model_copy(update=changes))
        return await service.generate(quiz or await self.quiz(), GenerationRequest(questions))

    def handle(self, workflow_id: str) -> WorkflowHandle[Any, Any]:
        """The workflow's handle."""
        return self.temporal.get_workflow_handle(workflow_id)

    async def progress(self, workflow_id: str) -> Progress:
        """The answer of the `progress` query."""
        answer: Progress = await self.handle(workflow_id).query("progress", result_type=Progress)
        return answer

    async def until_status(self, workflow_id: str, *wanted: Status, seconds: float = 60) -> GenerationStatus:
        """The mirrored status once it is one of `wanted`."""
        return await until(lambda: self.service.status(workflow_id), lambda status: status.status in wanted, seconds)

    async def until_completed(self, workflow_id: str, count: int, seconds: float = 60) -> GenerationStatus:
        """The mirrored status once at least `count` questions are done."""
        return await until(lambda: self.service.status(workflow_id), lambda status: status.completed >= count, seconds)

    async def until_ended(self, workflow_id: str, seconds: float = 60) -> GenerationStatus:
        """The mirrored status once the generation ended, however it did."""
        return await until(
            lambda: self.service.status(workflow_id), lambda status: not status.status.is_active, seconds
        )

    async def until_progress(
        self, workflow_id: str, reached: Callable[[Progress], bool], seconds: float = 30
    ) -> Progress:
        """The answer of the `progress` query once it is `reached`; needs a worker."""
        return await until(lambda: self.progress(workflow_id), reached, seconds)

    async def until_calls(self, workflow_id: str, count: int, seconds: float = 30) -> list[dict[str, Any]]:
        """The ledger's lines once there are at least `count`."""

        async def look() -> list[dict[str, Any]]:
            return self.demo.calls(workflow_id)

        return await until(look, lambda calls: len(calls) >= count, seconds)

    async def until_closed_nodes(self, workflow_id: str, count: int, seconds: float = 30) -> None:
        """Wait until at least `count` model-calling activities of the current run are over, and none is open."""

        async def look() -> tuple[int, int]:
            history = await self.history(workflow_id)
            opened = len(scheduled(history.events, *NODES))
            return opened, await self.open_nodes(workflow_id)

        await until(look, lambda seen: seen[0] >= count and seen[1] == 0, seconds)

    async def open_nodes(self, workflow_id: str) -> int:
        """The same of this generation."""
        return await open_nodes(self.handle(workflow_id))

    async def started_nodes(self, workflow_id: str) -> int:
        """Model-calling activities of the current run that a worker has under way."""
        description = (await self.handle(workflow_id).describe()).raw_description
        return sum(
            activity.activity_type.name in NODES
            and activity.state == PendingActivityState.PENDING_ACTIVITY_STATE_STARTED
            for activity in description.pending_activities
        )

    async def until_idle(self, workflow_id: str, seconds: float = 30) -> None:
        """Wait until no model-calling activity of the current run is open."""
        await until(lambda: self.open_nodes(workflow_id), lambda count: count == 0, seconds)

    async def until_closed(self, workflow_id: str, seconds: float = 30) -> None:
        """Wait until Temporal has closed the current run, a moment after the mirror has told of its end."""

        async def is_open() -> bool:
            description = await self.handle(workflow_id).describe()
            return description.status is WorkflowExecutionStatus.RUNNING

        await until(is_open, lambda still: not still, seconds)

    async def until_run(self, workflow_id: str, run_id: str, seconds: float = 30) -> None:
        """Wait until the mirror's row is held by this run."""

        async def holder() -> str | None:
            row = await self.states.load(workflow_id)
            return row.run_id if row else None

        await until(holder, lambda held: held == run_id, seconds)

    async def until_mirrored(self, workflow_id: str, seconds: float = 30) -> None:
        """Wait until the mirror has the last snapshot that the workflow made of a state that changes no more."""

        async def behind() -> bool:
            description = (await self.handle(workflow_id).describe()).raw_description
            busy = any(activity.activity_type.name == MIRROR for activity in description.pending_activities)
            row, progress = await self.states.load(workflow_id), await self.progress(workflow_id)
            assert row is not None
            told = (row.sequence, row.completed_steps, row.state_data.get("calls"))
            return busy or told != (progress.sequence, progress.completed, progress.calls)

        await until(behind, lambda is_behind: not is_behind, seconds)

    async def assert_complete(self, workflow_id: str, count: int) -> GenerationStatus:
        """Wait for the end; exactly `count` questions, slots 0 to `count` - 1 once each, no stem twice."""
        status = await self.until_ended(workflow_id)
        assert (status.status, status.completed, status.error) == (Status.COMPLETED, count, None)
        questions = await self.service.questions(workflow_id)
        assert [question.slot for question in questions] == list(range(count))
        assert len({question.stem for question in questions}) == count
        return status

    @asynccontextmanager
    async def row_held(self, workflow_id: str) -> AsyncIterator[Callable[[], Awaitable[None]]]:
        """As in an outage, the mirror cannot be written until the block ends or what it is given is called."""
        async with self.engine.begin() as connection:
            await connection.execute(
                text("SELECT 1 FROM workflow_state WHERE workflow_id = :id FOR UPDATE"), {"id": workflow_id}
            )
            yield connection.rollback

    async def reset(self, workflow_id: str, *, run_id: str = "", event_id: int = FIRST_TASK, reason: str) -> str:
        """What an operator's `temporal workflow reset` does to the current run, or to `run_id`; the new run's id."""
        request = ResetWorkflowExecutionRequest(
            namespace=self.temporal.namespace,
            workflow_execution=WorkflowExecution(workflow_id=workflow_id, run_id=run_id),
            reason=reason,
            workflow_task_finish_event_id=event_id,
            request_id=str(uuid.uuid4()),
        )
        return (await self.temporal.workflow_service.reset_workflow_execution(request)).run_id

    async def history(self, workflow_id: str) -> WorkflowHistory:
        """The history of the current run."""
        return await self.handle(workflow_id).fetch_history()

    async def events(self, workflow_id: str) -> Counter[str]:
        """How many events of each type the current run has."""
        history = await self.history(workflow_id)
        return Counter(EventType.Name(event.event_type).removeprefix("EVENT_TYPE_") for event in history.events)

    async def _end_generations(self) -> None:
        """Leave nothing open on the shared server."""
        owner = await self.quizzes.local_owner()
        for row in await self.states.newest(owner_id=owner, limit=100):
            if Status(row.status).is_active:
                with suppress(RPCError):  # it may have ended meanwhile
                    await self.handle(row.workflow_id).terminate("the test is over")
