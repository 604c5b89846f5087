"""The story of a generation without Temporal: `workflows/quiz_generation.py` as a task of this process.

The same graph, plan, judgement and state; what history does there, nothing does here. So it cannot be paused or
resumed, and it ends with its process. What it finished is in PostgreSQL.
"""

import asyncio
import traceback
from pathlib import Path
from typing import Any, cast

import structlog

from domain.statuses import Status
from storage.model_calls import ModelCallStore
from storage.quizzes import QuizStore
from storage.workflow_states import WorkflowStateStore
from workflows import telling
from workflows.messages import (
    FINISH,
    WRITE_QUESTIONS,
    GenerationOptions,
    PrepareContentInput,
    QuestionState,
    Snapshot,
)
from workflows.question_graph import ACCEPTED, RECURSION_LIMIT, REVISE, build_question_graph
from workflows.state import GenerationState
from writing.answers import Answers, QuizDeleted
from writing.content import NoContent, prepare
from writing.live_row import ClosedElsewhere, LiveRow
from writing.outages import through_outages
from writing.tries import AskingEnded, Tries

log = structlog.get_logger()


class Failed(Exception):
    """The generation ends with fewer questions than asked for; the text says why and what to do."""


class InProcessGeneration:
    """One generation. `run` is to be a task; `end` asks it to end earlier."""

    def __init__(
        self,
        workflow_id: str,
        run_id: str,
        options: GenerationOptions,
        *,
        states: WorkflowStateStore,
        quizzes: QuizStore,
        calls: ModelCallStore,
        answers: Answers,
        outage_patience: float,
    ) -> None:
        self._workflow_id = workflow_id
        self._options = options
        self._states = states
        self._quizzes = quizzes
        self._calls = calls
        self._state = GenerationState()
        self._in_flight: set[int] = set()
        self._tries = Tries(workflow_id, answers, calls, outage_patience=outage_patience)
        self._graph = build_question_graph(self._tries.draft, self._tries.revise, self._check).compile()
        self._row = LiveRow(states, workflow_id, run_id, self._snapshot, self._state.mirrored)
        self._work: asyncio.Task[None] | None = None
        self._asked_to_end: tuple[Status, str | None] | None = None

    async def run(self) -> None:
        """Write the questions and close the row, whatever comes: nothing but a cancellation is raised."""
        keeping = asyncio.create_task(self._row.keep())
        self._row.mark()
        try:
            status, reason = await self._write(keeping)
            self._state.status, self._state.reason = status, reason
            self._row.close()
            await keeping
            log.info("generation_ended", workflow_id=self._workflow_id, status=status, reason=reason)
        except ClosedElsewhere:
            log.info("generation_closed_elsewhere", workflow_id=self._workflow_id)
        except Exception as error:
            # The row refuses a snapshot. It is closed as it is: a quiz must not stay occupied by nobody.
            reason = self._bug(error)
            await through_outages(lambda: self._states.mark_failed(self._workflow_id, reason))
        finally:
            keeping.cancel()

    def end(self, status: Status, reason: str | None) -> None:
        """Drop the calls in flight and end with this status. The row is closed when `run` returns."""
        self._asked_to_end = (status, reason)
        if self._work is not None:
            self._work.cancel()

    async def _write(self, keeping: asyncio.Task[None]) -> tuple[Status, str | None]:
        """How the writing ended. `keeping` ends before it only with an exception, which ends the writing."""
        if self._asked_to_end is not None:
            return self._asked_to_end
        work = self._work = asyncio.create_task(self._story())
        try:
            await asyncio.wait({work, keeping}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)
                keeping.result()
        finally:
            work.cancel()
        return self._outcome(work)

    def _outcome(self, work: asyncio.Task[None]) -> tuple[Status, str | None]:
        if work.cancelled():
            status, reason = self._asked_to_end or (Status.FAILED, "its work was cancelled by nobody")
            if status is Status.CANCELLED:
                self._state.phase = FINISH
            return status, reason
        error = work.exception()
        if error is not None and not isinstance(error, Failed | NoContent | QuizDeleted):
            return Status.FAILED, self._bug(error)
        self._state.phase = FINISH
        return (Status.COMPLETED, None) if error is None else (Status.FAILED, str(error))

    def _bug(self, error: BaseException) -> str:
        """Log where it happened, and without the text of the error, which may hold content; returns the reason."""
        frames = traceback.extract_tb(error.__traceback__)
        ours = [frame for frame in frames if "site-packages" not in frame.filename] or frames
        place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}"
        log.error("generation_broke", workflow_id=self._workflow_id, error=type(error).__name__, place=place)
        return f"an unexpected error ({type(error).__name__} at {place}) ended it; what was made is kept"

    # --- the steps of the story ---

    async def _story(self) -> None:
        request = PrepareContentInput(
            self._options.quiz_id, self._options.question_count, replaces=self._options.replaces
        )
        prepared = await through_outages(lambda: prepare(self._quizzes, self._calls, self._workflow_id, request))
        self._state.adopt(prepared)
        self._state.phase = WRITE_QUESTIONS
        self._row.mark()
        writers = [asyncio.create_task(self._writer()) for _ in range(self._options.window)]
        try:
            await asyncio.gather(*writers)
        finally:
            for task in writers:
                task.cancel()
            await asyncio.gather(*writers, return_exceptions=True)
        total, made = self._options.question_count, len(self._state.done)
        if made == total:
            return
        if self._tries.trouble is not None:
            raise Failed(f"{self._tries.trouble}; generate again for the rest")
        raise Failed(
            f"wrote {made} of {total} questions: the content gave no more good ones; add content, or ask for fewer"
        )

    async def _writer(self) -> None:
        while self._state.queue and self._tries.trouble is None:
            slot = self._state.queue.pop(0)
            self._in_flight.add(slot)
            try:
                await self._write_slot(slot)
            except AskingEnded:
                return
            finally:
                self._in_flight.discard(slot)

    async def _write_slot(self, slot: int) -> None:
        """One question, on one chunk after another until it is accepted."""
        chunk, tried = self._state.plan[slot].c, set[int]()
        while True:
            outcome = await self._run_graph(slot, chunk)
            self._row.mark()
            if outcome["verdict"] == ACCEPTED:
                return
            tried.add(chunk)
            taker = self._state.hand_on(chunk, tried)
            if taker is None:
                self._state.unfilled.append(slot)
                return
            chunk = taker

    # --- the question graph ---

    async def _run_graph(self, slot: int, chunk: int) -> QuestionState:
        state = self._state.question(slot, chunk, retries_left=self._options.max_retries - 1)
        outcome = await self._graph.ainvoke(state, {"recursion_limit": RECURSION_LIMIT})
        return cast("QuestionState", outcome)

    async def _check(self, state: QuestionState) -> dict[str, Any]:
        """The graph's `check` node."""
        decided = self._state.check(state)
        if decided["verdict"] == REVISE:
            self._row.mark()
        return decided

    # --- telling ---

    def _snapshot(self) -> Snapshot:
        self._state.sequence += 1
        return telling.snapshot(self._options, self._state, len(self._in_flight))
