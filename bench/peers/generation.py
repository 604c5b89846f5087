"""A generation as both peers write it: the service's question graph, and the code of the service in each node.

Plan, prompts, reading, linter, judgement, near-duplicates and the chunks that take over are those of the service; it is
`writing/in_process.py` less its row. What survives a kill is for the peer to say: it gives the durability.
"""

import uuid
from collections.abc import Awaitable, Callable
from typing import Any, cast

from bench.peers.notes import Notes
from bench.peers.sample import Sample
from bench.peers.work import Work
from domain.statuses import Step
from model.client import ModelClient
from storage.model_calls import ModelCallStore
from storage.quizzes import QuizStore
from workflows.messages import AnswerUpdate, DraftInput, GenerationOptions, PreparedContent, QuestionState, ReviseInput
from workflows.question_graph import ACCEPTED
from workflows.state import GenerationState
from writing.answers import Answers

# Model apart, what the service has unless it is told otherwise.
OPTIONS = GenerationOptions(quiz_id="", owner_id="", question_count=0, model="demo-model")
UNFILLED = -1

Ask = Callable[[QuestionState], Awaitable[Any]]
HandOn = Callable[[int, set[int]], Awaitable[int | None]]


class Generation:
    """One generation in this process: the nodes of its question graph, and what its slots share."""

    def __init__(self, name: str, prepared: PreparedContent, notes: Notes, answers: Answers) -> None:
        self.name = name
        self._notes = notes
        self._answers = answers
        self._state = GenerationState()
        self._state.adopt(prepared)

    async def draft(self, state: DraftInput) -> AnswerUpdate:
        """The node `draft`."""
        return await self._answers.answer(self.name, Step.DRAFT, state, [], try_=_try())

    async def revise(self, state: ReviseInput) -> AnswerUpdate:
        """The node `revise`."""
        return await self._answers.answer(self.name, Step.REVISE, state, state["problems"], try_=_try())

    async def check(self, state: QuestionState) -> dict[str, Any]:
        """The node `check`. It decides from what other slots have by now, so it is not the same when it runs again."""
        # Accepted already when a kill came before the peer had kept that: no duplicate of itself.
        self._state.done.pop(state["slot"], None)
        decided = self._state.check(state)
        if decided["verdict"] == ACCEPTED:
            finished = self._state.unmirrored.pop()
            await self._notes.accept(self.name, finished.slot, finished.attempt)
        return decided

    async def hand_on(self, chunk: int, tried: set[int]) -> int | None:
        """The chunk that takes over a slot. It depends on the other slots too."""
        return self._state.hand_on(chunk, tried)

    async def write(self, slot: int, ask: Ask, hand_on: HandOn) -> int:
        """One question, on one chunk after another until it is accepted: the slot, or UNFILLED.

        `ask` runs the question graph; it and `hand_on` give again what they gave before a kill.
        """
        chunk: int | None = self._state.plan[slot].c
        tried = set[int]()
        while chunk is not None:
            outcome = await ask(self._state.question(slot, chunk, retries_left=OPTIONS.max_retries - 1))
            if outcome["verdict"] == ACCEPTED:
                return slot
            # When the graph had ended before a kill, only its outcome tells how many answers there were, and where.
            self._state.attempts[slot] = outcome["attempt"]
            tried.add(outcome["chunk_id"])
            chunk = await hand_on(outcome["chunk_id"], tried)
        return UNFILLED


async def read(work: Work) -> dict[str, Generation]:
    """All generations by name, with what earlier processes noted of them."""
    notes, sample = await Notes.read(work.database_url, OPTIONS), Sample()
    model = ModelClient(api_key="none", base_url=work.model_url, timeout=60)
    answers = Answers(cast("ModelCallStore", notes), cast("QuizStore", sample), model)
    return {
        name: Generation(name, sample.prepared(name, work.questions, notes.accepted(name)), notes, answers)
        for name in work.generations
    }


def _try() -> int:
    """Tells one call for a step from the next in the model's ledger, whichever process makes it."""
    return uuid.uuid4().int % 10**9
