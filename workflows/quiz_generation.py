"""The story of a generation: prepare content → plan slots → write questions → finish.

Workflow code decides only from what history records. The linter and the plan run in activities, so a release that
changes a rule never contradicts the history of a generation in flight.
"""

import asyncio
from datetime import timedelta
from typing import Any, cast

from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributeKey
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from domain.statuses import Status
    from workflows import telling
    from workflows.gate import Gate
    from workflows.messages import (
        FINISH,
        GENERATION_PAUSED,
        PROVIDER_TROUBLE,
        QUESTION_GRAPH,
        STATUS_ATTRIBUTE,
        WORKFLOW_TYPE,
        WRITE_QUESTIONS,
        GenerationResult,
        PrepareContentInput,
        PreparedContent,
        Progress,
        QuestionState,
        Snapshot,
    )
    from workflows.mirror import Mirror
    from workflows.question_graph import ACCEPTED, POSTPONED, RECURSION_LIMIT, REVISE
    from workflows.state import GenerationInput, GenerationState
    from workflows.uncached import uncached

_STATUS = SearchAttributeKey.for_keyword(STATUS_ATTRIBUTE)

# Splitting 10 MB takes seconds; the rest is room for a slow database.
PREPARE_TIMEOUT = timedelta(minutes=5)
PREPARE_HEARTBEAT_TIMEOUT = timedelta(seconds=30)
PREPARE_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30))

# A run that came by one of these before it was there does as it did; see the workflow's histories.
REFUSED_BEFORE_A_RESUME = "refused-before-a-resume"
CATCHES_UP_ONCE = "catches-up-once"
HANDS_OVER_AT_ONCE = "hands-over-at-once"


@workflow.defn(name=WORKFLOW_TYPE)
class QuizGenerationWorkflow:
    """Writes exactly the questions asked for, or says why not and keeps what it made."""

    @workflow.init
    def __init__(self, start: GenerationInput) -> None:
        # State is restored here and not in run(), so that signals that arrive first find it.
        self._start = start
        self._options = start.options
        self._state = start.state or GenerationState()
        self._in_flight: set[int] = set()
        # Nothing is in flight between runs, so the next one counts from 0.
        self._resumes = 0
        self._mirror = Mirror(start.options, self._snapshot, self._state.mirrored, self._state.catch_up_with)
        self._gate = Gate(start.options, self._state)
        self._graph = uncached(QUESTION_GRAPH)

    @workflow.run
    async def run(self, start: GenerationInput) -> GenerationResult:
        """The story."""
        mirror = asyncio.create_task(self._mirror.run())
        try:
            await self._prepare_content()
            await self._write_questions()
            await self._continue_as_new_if_unfinished()
            self._check_the_count()
        except (asyncio.CancelledError, ActivityError, ApplicationError) as error:
            # Any other exception is a bug: it blocks the workflow task until a worker with the fix comes.
            if is_cancelled_exception(error):
                self._set_status(Status.CANCELLED, None)
            else:
                self._set_status(Status.FAILED, _reason(error))
            await self._finish(mirror)
            raise
        self._set_status(Status.COMPLETED, None)
        await self._finish(mirror)
        return telling.result(self._state)

    # --- messages ---

    @workflow.signal
    def pause(self) -> None:
        """Ask the model for nothing new. Idempotent."""
        if self._state.status is Status.RUNNING:
            self._set_status(Status.PAUSED, None)

    @workflow.signal
    def resume(self) -> None:
        """Go on after a pause. Idempotent."""
        if self._state.status is Status.PAUSED:
            self._resumes += 1
            self._set_status(Status.RUNNING, None)

    @workflow.query
    def progress(self) -> Progress:
        """Where the generation stands, from the source."""
        return telling.progress(self._options, self._state, len(self._in_flight))

    # --- the steps of the story ---

    async def _prepare_content(self) -> None:
        if self._state.prepared is not None:  # this run continues another
            if self._state.untold and workflow.patched(HANDS_OVER_AT_ONCE):
                self._state.untold = False
                self._mirror.mark(urgent=True)
            return
        self._mirror.mark(urgent=True)
        self._tell()
        prepared = await workflow.execute_activity(
            "prepare_content",
            PrepareContentInput(
                self._options.quiz_id,
                self._options.question_count,
                self._start.fresh_attempts,
                self._options.replaces,
            ),
            result_type=PreparedContent,
            start_to_close_timeout=PREPARE_TIMEOUT,
            heartbeat_timeout=PREPARE_HEARTBEAT_TIMEOUT,
            retry_policy=PREPARE_RETRY,
            summary=f"split content into chunks and plan {self._options.question_count} slots",
        )
        self._state.adopt(prepared)
        self._state.phase = WRITE_QUESTIONS
        self._changed()

    async def _write_questions(self) -> None:
        """A sliding window over the slots: as many writers as the window is wide, each takes the next slot."""
        writers = [asyncio.create_task(self._writer()) for _ in range(self._options.window)]
        try:
            await asyncio.gather(*writers)
        finally:
            # In order and awaited: a task group cancels in the order of a set, which differs between replays.
            for task in writers:
                task.cancel()
            await asyncio.gather(*writers, return_exceptions=True)

    async def _writer(self) -> None:
        while await self._gate.lets_take():
            slot, chunk = self._state.take()
            self._in_flight.add(slot)
            try:
                await self._write_slot(slot, chunk)
            finally:
                self._in_flight.discard(slot)

    async def _write_slot(self, slot: int, chunk: int) -> None:
        """One question: the graph behind the pause gate, on one chunk after another until it is accepted."""
        tried = set[int]()
        while True:
            if not await self._gate.lets_through():
                self._state.put_back(slot, chunk)
                return
            resumes = self._resumes
            try:
                outcome = await self._run_graph(slot, chunk)
            except ActivityError as error:
                await self._pause_or_raise(error, mended=self._resumes > resumes)
                continue
            if outcome["verdict"] == ACCEPTED:
                self._changed(question=True)
                return
            if outcome["verdict"] == POSTPONED:
                continue
            tried.add(chunk)
            taker = self._state.hand_on(chunk, tried)
            self._changed()
            if taker is None:
                self._state.unfilled.append(slot)
                return
            chunk = taker

    async def _continue_as_new_if_unfinished(self) -> None:
        """A long generation goes on in a new run with a short history. The window is drained by now.

        Temporal refuses to end a run when a signal came during the task, which is then done again. Meanwhile it refuses
        signals too, and clients send them again; but only if that task wants to end the run as well. So what comes
        while a run hands over is for the next one to tell.
        """
        if not self._state.queue:
            return
        if workflow.patched(HANDS_OVER_AT_ONCE):
            self._state.untold = await self._mirror.hand_over()
        else:
            await self._mirror.settle()
        await workflow.wait_condition(workflow.all_handlers_finished)
        workflow.continue_as_new(GenerationInput(self._options, state=self._state.to_hand_over()))

    def _check_the_count(self) -> None:
        total, made = self._options.question_count, len(self._state.done)
        if made != total:
            raise ApplicationError(
                f"wrote {made} of {total} questions: the content gave no more good ones; "
                "add content, ask for fewer, or resume to try again",
                type="ContentExhausted",
                non_retryable=True,
            )

    async def _finish(self, mirror: asyncio.Task[None]) -> None:
        """The last snapshot lands before the run ends, however long PostgreSQL is away.

        A cancel meanwhile comes too late: it would end the run before the mirror has its last questions, or as
        something else than the mirror says. There is one cancel a run, so one is all there is to shield from.
        """
        last = asyncio.create_task(self._tell_the_end(mirror))
        try:
            await asyncio.shield(last)
        except asyncio.CancelledError:
            await last

    async def _tell_the_end(self, mirror: asyncio.Task[None]) -> None:
        await self._mirror.close()
        await mirror  # an exception of a task that nobody awaits would vanish

    # --- the question graph ---

    async def _run_graph(self, slot: int, chunk: int) -> QuestionState:
        state = self._state.question(slot, chunk, retries_left=self._options.max_retries - 1)
        outcome = await self._graph.ainvoke(state, {"recursion_limit": RECURSION_LIMIT})
        return cast("QuestionState", outcome)

    async def check(self, state: QuestionState) -> dict[str, Any]:
        """The graph's `check` node, behind the gate."""
        decided = self._state.check(state)
        if decided["verdict"] == REVISE:
            self._changed()
            if not await self._gate.lets_through():  # a revision is a model call too
                return {**decided, "verdict": POSTPONED}
        return decided

    # --- what makes us pause ---

    async def _pause_or_raise(self, error: ActivityError, *, mended: bool) -> None:
        """Trouble that a person can mend pauses the generation with the reason; everything else goes up.

        `mended`: somebody resumed since the call began, so the refusal may be of what is mended by now. Refusals that
        no worker had taken up come after the resume in the same task, for signals go first. The slot asks again.
        """
        kind = error.cause.type if isinstance(error.cause, ApplicationError) else None
        if kind == PROVIDER_TROUBLE:
            if mended and workflow.patched(REFUSED_BEFORE_A_RESUME):
                return
            if self._state.status is Status.RUNNING:
                self._set_status(Status.PAUSED, _reason(error))
        elif kind == GENERATION_PAUSED:
            # The activity saw the mirror say `paused`. Let the mirror catch up, or a resume would spin here.
            if workflow.patched(CATCHES_UP_ONCE):
                await self._mirror.catch_up()
            else:
                self._mirror.mark(urgent=True)
                await self._mirror.settle()
        else:
            raise error

    # --- telling the world ---

    def _set_status(self, status: Status, reason: str | None) -> None:
        self._state.status, self._state.reason = status, reason
        if not status.is_active:
            self._state.phase = FINISH
        workflow.upsert_search_attributes([_STATUS.value_set(status)])
        self._changed(urgent=True)

    def _changed(self, *, question: bool = False, urgent: bool = False) -> None:
        """The one place where progress is told, to the mirror and to the Web UI alike."""
        self._mirror.mark(question=question, urgent=urgent)
        self._tell()

    def _tell(self) -> None:
        workflow.set_current_details(telling.details(self._options, self._state))

    def _snapshot(self) -> Snapshot:
        self._state.sequence += 1
        return telling.snapshot(self._options, self._state, len(self._in_flight))


async def check(state: QuestionState) -> dict[str, Any]:
    """The `check` node as the worker registers it: the workflow that runs the graph knows the other questions."""
    generation: QuizGenerationWorkflow = workflow.instance()
    return await generation.check(state)


def _reason(error: BaseException) -> str:
    """The sentence for the teacher: the failure's own, without the SDK's wrapping."""
    cause = error.cause if isinstance(error, ActivityError) else error
    return cause.message if isinstance(cause, ApplicationError) else str(cause or error)
