"""One answer of the model for one step of a question: found, or paid for and stored before anybody counts on it.

Who asks decides what to do about a provider that is away; nothing here waits for one.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import structlog

from domain.statuses import Status, Step
from metrics import model_calls
from model.client import ModelClient, Reply
from model.failures import ProviderRejected, ProviderUnavailable
from model.prompts import PROMPT_VERSION, Assignment, draft_messages, revise_messages
from storage.model_calls import ModelCallStore
from storage.quizzes import ChunkText, QuizStore
from storage.tables import ModelCall
from workflows.messages import AnswerUpdate, DraftInput
from writing.crash_points import CrashPoint, reach
from writing.outages import DATABASE_ERRORS
from writing.reading import read_answer

log = structlog.get_logger()

# Existing stems of the same chunk that the prompt lists; more would crowd out the text.
AVOID_LIMIT = 30
# Seconds for which a paid answer is held while PostgreSQL is away, before it is given up and paid again.
STORE_PATIENCE = 300.0
# The same once its step is cancelled: a worker that ends waits for it.
CANCELLED_STORE_PATIENCE = 10.0


class GenerationIsPaused(Exception):
    """The generation was paused, so no call was made."""


class QuizDeleted(Exception):
    """The quiz or its content is gone, and there is nothing to ask about."""


class Answers:
    """Asks the model once for each (workflow id, slot, step, attempt)."""

    def __init__(self, calls: ModelCallStore, quizzes: QuizStore, model: ModelClient) -> None:
        self._calls = calls
        self._quizzes = quizzes
        self._model = model

    async def answer(
        self, workflow_id: str, step: Step, state: DraftInput, problems: Sequence[str], *, try_: int
    ) -> AnswerUpdate:
        """The stored answer, or a new one; `try_` counts from 1 and tells the provider's log one try from the next.

        Raises ProviderUnavailable, ProviderRejected, GenerationIsPaused or QuizDeleted when there is none.
        """
        call = await self._calls.find(workflow_id, state["slot"], step, state["attempt"])
        if call is None:
            call = await self._ask(workflow_id, step, state, problems, try_)
        return {
            "step": step,
            "attempt": state["attempt"] + 1,
            "question": _essentials(call.question),
            "flaws": call.flaws,
            "unusable": call.unusable,
            "usage": [call.prompt_tokens, call.completion_tokens],
            "cost": call.cost,
        }

    async def _ask(
        self, workflow_id: str, step: Step, state: DraftInput, problems: Sequence[str], try_: int
    ) -> ModelCall:
        slot, attempt = state["slot"], state["attempt"]
        chunk = await self._quizzes.chunk(state["chunk_id"])
        avoid = await self._calls.stems_on_chunk(workflow_id, state["chunk_id"], except_slot=slot, limit=AVOID_LIMIT)
        earlier = await self._calls.latest(workflow_id, slot, attempt) if problems else None
        # Read last, right before the call: after an acknowledged pause no call starts, and what a run that was ended
        # from outside has stored meanwhile is not paid again.
        generation = await self._calls.generation(workflow_id, slot, step, attempt)
        if generation and generation.answer:
            return generation.answer
        if generation is None or chunk is None:
            raise QuizDeleted("the quiz or its content was deleted")
        if generation.status is Status.PAUSED:
            raise GenerationIsPaused("the generation is paused")
        options = generation.options
        assignment = Assignment(
            text=chunk.text,
            part=state["part"],
            parts=state["parts"],
            difficulty=state["difficulty"],
            bloom=state["bloom"],
            language=options["language"],
            avoid=avoid,
        )
        messages = (
            revise_messages(assignment, earlier.raw if earlier else "", problems)
            if problems
            else draft_messages(assignment)
        )
        request_id = f"{workflow_id}/{slot}/{step}/{attempt}/{try_}"
        reach(CrashPoint.BEFORE_CALL)
        try:
            reply = await self._model.ask(
                messages, model=options["model"], temperature=options["temperature"], request_id=request_id
            )
        except ProviderRejected as error:
            model_calls.rejected(options["model"])
            log.warning("model_rejected", request_id=request_id, reason=error.reason)
            raise
        except ProviderUnavailable as error:
            model_calls.unavailable(options["model"])
            log.info("model_unavailable", request_id=request_id, reason=error.reason)
            raise
        reach(CrashPoint.AFTER_ANSWER)
        call = _as_call(workflow_id, step, state, chunk, reply)
        model_calls.answered(
            options["model"],
            usable=call.unusable is None,
            prompt_tokens=reply.prompt_tokens,
            completion_tokens=reply.completion_tokens,
            cost=reply.cost,
        )
        stored = await self._store(call)
        reach(CrashPoint.AFTER_COMMIT)
        return stored

    async def _store(self, call: ModelCall) -> ModelCall:
        """Store a paid answer, also when its step is cancelled meanwhile: whoever resumes the generation finds it."""
        storing = asyncio.create_task(self._record(call))
        storing.add_done_callback(lambda done: done.cancelled() or done.exception())  # nobody may be left to hear of it
        try:
            return await asyncio.shield(storing)
        except asyncio.CancelledError:
            deadline = asyncio.get_running_loop().time() + CANCELLED_STORE_PATIENCE
            while not storing.done() and (left := deadline - asyncio.get_running_loop().time()) > 0:
                with suppress(asyncio.CancelledError):  # a worker that ends cancels it once more
                    await asyncio.wait({storing}, timeout=left)
            storing.cancel()
            raise

    async def _record(self, call: ModelCall) -> ModelCall:
        """Through an outage of PostgreSQL if need be."""
        delay, deadline = 0.2, asyncio.get_running_loop().time() + STORE_PATIENCE
        while True:
            try:
                return await self._calls.record(call)
            except DATABASE_ERRORS:
                if asyncio.get_running_loop().time() + delay > deadline:
                    raise
            await asyncio.sleep(delay)
            delay = min(delay * 2, 5.0)


def _essentials(question: dict[str, Any] | None) -> dict[str, Any] | None:
    """What history keeps of a question; see AnswerUpdate."""
    if question is None:
        return None
    source = question["source"]
    kept = {name: question[name] for name in ("stem", "options", "key", "explanation")}
    return {**kept, "span": [source["start"], source["end"]]}


def _as_call(workflow_id: str, step: Step, state: DraftInput, chunk: ChunkText, reply: Reply) -> ModelCall:
    question: dict[str, Any] | None = None
    flaws: list[dict[str, str]] = []
    unusable = reply.unusable
    if unusable is None:
        question, flaws, unusable = read_answer(reply.raw, workflow_id, state, chunk)
    return ModelCall(
        workflow_id=workflow_id,
        slot=state["slot"],
        step=step,
        attempt=state["attempt"],
        chunk_id=chunk.id,
        raw=reply.raw,
        question=question,
        flaws=flaws,
        unusable=unusable,
        model=reply.model,
        prompt_version=PROMPT_VERSION,
        prompt_tokens=reply.prompt_tokens,
        completion_tokens=reply.completion_tokens,
        cost=reply.cost,
    )
