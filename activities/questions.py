"""The nodes of the question graph that call the model: one call an activity, paid once.

The answer is stored before the activity returns and looked for before a call is made, so a worker that is killed
between the two costs nothing.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.heartbeat import heartbeating, outage_began, remember_outage
from activities.reading import read_answer
from domain.statuses import Status, Step
from model.client import ModelClient, Reply
from model.failures import ProviderRejected, ProviderUnavailable
from model.prompts import PROMPT_VERSION, Assignment, draft_messages, revise_messages
from storage.model_calls import ModelCallStore
from storage.quizzes import ChunkText, QuizStore
from storage.tables import ModelCall
from workflows.messages import GENERATION_PAUSED, PROVIDER_TROUBLE, AnswerUpdate, DraftInput, ReviseInput
from workflows.question_graph import NODE_RETRY

log = structlog.get_logger()

# Existing stems of the same chunk that the prompt lists; more would crowd out the text.
AVOID_LIMIT = 30
# "Try again now" is not taken at its word; and to Temporal a delay of 0 is none.
SHORTEST_PAUSE = timedelta(seconds=0.5)
# Seconds for which a paid answer is held while PostgreSQL is away, before the activity gives up and pays again.
STORE_PATIENCE = 300.0


class QuestionActivities:
    """`draft` and `revise`."""

    def __init__(
        self, calls: ModelCallStore, quizzes: QuizStore, model: ModelClient, *, outage_patience: float
    ) -> None:
        self._calls = calls
        self._quizzes = quizzes
        self._model = model
        self._outage_patience = timedelta(seconds=outage_patience)

    @heartbeating
    async def draft(self, state: DraftInput) -> AnswerUpdate:
        """Ask for a new question on a part of a chunk."""
        return await self._answer(Step.DRAFT, state, [])

    @heartbeating
    async def revise(self, state: ReviseInput) -> AnswerUpdate:
        """Send the last answer back with its problems."""
        return await self._answer(Step.REVISE, state, state["problems"])

    async def _answer(self, step: Step, state: DraftInput, problems: Sequence[str]) -> AnswerUpdate:
        workflow_id = activity.info().workflow_id or ""
        call = await self._calls.find(workflow_id, state["slot"], step, state["attempt"])
        if call is None:
            call = await self._pay(workflow_id, step, state, problems)
        return {
            "step": step,
            "attempt": state["attempt"] + 1,
            "question": _essentials(call.question),
            "flaws": call.flaws,
            "unusable": call.unusable,
            "usage": [call.prompt_tokens, call.completion_tokens],
            "cost": call.cost,
        }

    async def _pay(self, workflow_id: str, step: Step, state: DraftInput, problems: Sequence[str]) -> ModelCall:
        slot, attempt = state["slot"], state["attempt"]
        chunk = await self._quizzes.chunk(state["chunk_id"])
        avoid = await self._calls.stems_on_chunk(workflow_id, state["chunk_id"], except_slot=slot, limit=AVOID_LIMIT)
        earlier = await self._calls.latest(workflow_id, slot, attempt) if problems else None
        # Read last, right before the call: after an acknowledged pause no call starts.
        generation = await self._calls.generation(workflow_id)
        if generation is None or chunk is None:
            raise ApplicationError("the quiz or its content was deleted", type="QuizDeleted", non_retryable=True)
        if generation.status is Status.PAUSED:
            raise await self._give_up(workflow_id, slot, GENERATION_PAUSED, "the generation is paused")
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
        try_ = activity.info().attempt
        request_id = f"{workflow_id}/{slot}/{step}/{attempt}/{try_}"
        try:
            reply = await self._model.ask(
                messages, model=options["model"], temperature=options["temperature"], request_id=request_id
            )
        except ProviderRejected as error:
            log.warning("model_rejected", request_id=request_id, reason=error.reason)
            raise await self._give_up(workflow_id, slot, PROVIDER_TROUBLE, error.reason) from None
        except ProviderUnavailable as error:
            log.info("model_unavailable", request_id=request_id, reason=error.reason)
            raise await self._wait_or_give_up(workflow_id, slot, error) from None
        return await self._store(_as_call(workflow_id, step, state, chunk, reply))

    async def _wait_or_give_up(self, workflow_id: str, slot: int, error: ProviderUnavailable) -> ApplicationError:
        """The failure that makes Temporal try again, or the one that pauses the generation."""
        moment = datetime.now(UTC)
        began = outage_began(moment)
        if moment - began >= self._outage_patience:
            seconds = (moment - began).total_seconds()
            waited = f"{seconds / 60:.0f} min" if seconds >= 60 else f"{seconds:.0f} s"
            reason = f"{error.reason}; no answer for {waited}, so the generation paused; resume to try again"
            return await self._give_up(workflow_id, slot, PROVIDER_TROUBLE, reason)
        remember_outage(began)
        delay = _next_delay(activity.info().attempt, error.retry_after)
        with _only_for_display(workflow_id, slot):
            await self._calls.wait_for_provider(workflow_id, slot, error.reason, began, moment + delay)
        return ApplicationError(error.reason, type="ProviderUnavailable", next_retry_delay=delay)

    async def _give_up(self, workflow_id: str, slot: int, kind: str, reason: str) -> ApplicationError:
        """The failure that ends this step's tries: the workflow decides what becomes of the slot."""
        with _only_for_display(workflow_id, slot):
            await self._calls.stop_waiting(workflow_id, slot)
        return ApplicationError(reason, type=kind, non_retryable=True)

    async def _store(self, call: ModelCall) -> ModelCall:
        """Store a paid answer, through an outage of PostgreSQL if need be."""
        delay, deadline = 0.2, asyncio.get_running_loop().time() + STORE_PATIENCE
        while True:
            try:
                return await self._calls.record(call)
            except DBAPIError:
                if asyncio.get_running_loop().time() + delay > deadline:
                    raise
            await asyncio.sleep(delay)
            delay = min(delay * 2, 5.0)


@contextmanager
def _only_for_display(workflow_id: str, slot: int) -> Iterator[None]:
    """What a person sees of a wait may be late; the retry itself lives in Temporal."""
    try:
        yield
    except DBAPIError as problem:
        log.warning("wait_not_shown", workflow_id=workflow_id, slot=slot, error=type(problem).__name__)


def _next_delay(attempt: int, retry_after: float | None) -> timedelta:
    """What the provider asked for; else the retry policy's growing pause."""
    if retry_after is not None:
        return max(timedelta(seconds=retry_after), SHORTEST_PAUSE)
    assert NODE_RETRY.maximum_interval is not None  # noqa: S101 - it is set where it is defined
    doubling = NODE_RETRY.initial_interval * min(NODE_RETRY.backoff_coefficient ** (attempt - 1), 1e6)
    return min(doubling, NODE_RETRY.maximum_interval)


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
