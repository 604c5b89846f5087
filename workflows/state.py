"""What a generation knows: one dataclass, restored whole after continue-as-new."""

from bisect import insort
from dataclasses import dataclass, field, replace
from typing import Any, Self

from domain.plan import ChunkLoad, hand_on
from domain.shortening import shortened
from domain.similarity import near_duplicate
from domain.statuses import Status
from workflows.judgement import judge
from workflows.messages import (
    PREPARE_CONTENT,
    STEMS_BYTES,
    FinishedSlot,
    GenerationOptions,
    PlannedSlot,
    PreparedContent,
    QuestionState,
    Snapshot,
)
from workflows.question_graph import ACCEPTED, REVISE

# One slot may be unlucky with a chunk; the second that fails tells that the chunk has no more to give.
CHUNK_FAILURES_ALLOWED = 2


@dataclass
class GenerationState:
    """All that a run must remember. The invariant between runs: no slot is in flight."""

    status: Status = Status.RUNNING
    # Why it paused itself or failed; None when a person paused it.
    reason: str | None = None
    phase: str = PREPARE_CONTENT
    sequence: int = 0
    prepared: PreparedContent | None = None
    # Slots that still need a question, in order.
    queue: list[int] = field(default_factory=list)
    # Slot -> stem of accepted questions. Near-duplicates are looked for here.
    done: dict[int, str] = field(default_factory=dict)
    # Slot -> chunk that took it over, of slots that went back into the queue.
    moved: dict[int, int] = field(default_factory=dict)
    # Slots for which no chunk could give a question.
    unfilled: list[int] = field(default_factory=list)
    # Slot -> number of its next answer; absent means 0.
    attempts: dict[int, int] = field(default_factory=dict)
    # Slots that each chunk feeds, and slots that it could not fill, by index.
    chunk_loads: list[int] = field(default_factory=list)
    chunk_failures: list[int] = field(default_factory=list)
    revised: int = 0
    rejected: int = 0
    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    # US dollars; None once a call was made whose price is not known.
    cost: float | None = 0.0
    # Finished questions that the mirror has not acknowledged.
    unmirrored: list[FinishedSlot] = field(default_factory=list)
    # The run before left changes that its mirror had not told.
    untold: bool = False

    def adopt(self, prepared: PreparedContent) -> None:
        """Start from the plan, keeping what an earlier run of the same generation finished."""
        self.done = dict(prepared.finished)
        self.prepared = replace(prepared, finished={})  # said once: all of this is handed on from run to run
        self.attempts = dict(prepared.next_attempt)
        self.queue = [slot for slot in range(len(prepared.plan)) if slot not in self.done]
        self.chunk_failures = [0] * len(prepared.chunk_ids)
        self.chunk_loads = [0] * len(prepared.chunk_ids)
        for slot in prepared.plan:
            self.chunk_loads[slot.c] += 1
        self.calls, self.prompt_tokens, self.completion_tokens, self.cost = prepared.spent

    def to_hand_over(self) -> Self:
        """What the next run is given: the same, within the size that Temporal takes.

        Of stems that are too long together the longest lose their ends, and near-duplicates of them may be missed.
        """
        return replace(self, done=shortened(self.done, STEMS_BYTES))

    def take(self) -> tuple[int, int]:
        """The next slot and the chunk that feeds it."""
        slot = self.queue.pop(0)
        return slot, self.moved.pop(slot, self.plan[slot].c)

    def put_back(self, slot: int, chunk: int) -> None:
        """Leave a slot to the next run."""
        insort(self.queue, slot)
        if chunk != self.plan[slot].c:
            self.moved[slot] = chunk

    def question(self, slot: int, chunk: int, *, retries_left: int) -> QuestionState:
        """What the graph begins a slot with, on a chunk."""
        plan, prepared = self.plan[slot], self.prepared
        assert prepared is not None  # noqa: S101 - the plan exists by now
        return {
            "slot": slot,
            "attempt": self.attempts.get(slot, 0),
            "chunk_id": prepared.chunk_ids[chunk],
            "part": plan.p,
            "parts": plan.n,
            "difficulty": plan.d,
            "bloom": plan.b,
            "key_position": plan.k,
            "problems": [],
            "retries_left": retries_left,
            "spare": None,
        }

    def check(self, answer: QuestionState) -> dict[str, Any]:
        """The graph's `check` node: decides from the recorded flaws and from this quiz's other questions."""
        slot = answer["slot"]
        self.count(answer)
        judgement = judge(answer, self.duplicate_of)
        if judgement.answer is not None:
            # Taken at once, so that a question that is written at the same moment is compared with it.
            self.done[slot] = judgement.answer["stem"]
            self.unmirrored.append(FinishedSlot(slot, judgement.answer["step"], judgement.answer["attempt"]))
            return {"verdict": ACCEPTED}
        if judgement.spare is None:
            self.rejected += 1
        if judgement.verdict == REVISE:
            self.revised += 1
        return {
            "verdict": judgement.verdict,
            "problems": judgement.problems,
            "retries_left": answer["retries_left"] - 1,
            "spare": judgement.spare,
        }

    def duplicate_of(self, stem: str) -> str | None:
        """The existing question that `stem` repeats. A change of this rule needs `workflow.patched`."""
        others = self.prepared.other_stems if self.prepared else []
        return near_duplicate(stem, [*self.done.values(), *others])

    def mirrored(self, snapshot: Snapshot) -> None:
        """The mirror has the questions of a snapshot."""
        told = {question.slot for question in snapshot.questions}
        self.unmirrored = [question for question in self.unmirrored if question.slot not in told]

    def catch_up_with(self, sequence: int) -> None:
        """The mirror has snapshots up to this one of a history that is gone: the next comes after them."""
        self.sequence = sequence

    def count(self, answer: QuestionState) -> None:
        """One more answer of the model, with what it cost."""
        self.attempts[answer["slot"]] = answer["attempt"]
        self.calls += 1
        prompt_tokens, completion_tokens = answer["usage"]
        self.prompt_tokens += prompt_tokens
        self.completion_tokens += completion_tokens
        cost = answer["cost"]
        self.cost = None if self.cost is None or cost is None else self.cost + cost

    def hand_on(self, chunk: int, tried: set[int]) -> int | None:
        """The chunk that takes over a slot that `chunk` could not fill; None when no chunk has more to give.

        Each failure counts against its chunk, so the calls of a generation are bounded.
        """
        self.chunk_failures[chunk] += 1
        self.chunk_loads[chunk] -= 1
        sizes = self.prepared.chunk_sizes if self.prepared else []
        exhausted = {index for index, failures in enumerate(self.chunk_failures) if failures >= CHUNK_FAILURES_ALLOWED}
        loads = [ChunkLoad(size, slots) for size, slots in zip(sizes, self.chunk_loads, strict=True)]
        taker = hand_on(loads, exhausted, tried)
        if taker is not None:
            self.chunk_loads[taker] += 1
        return taker

    @property
    def plan(self) -> list[PlannedSlot]:
        """The plan; empty before content is prepared."""
        return self.prepared.plan if self.prepared else []


@dataclass(frozen=True)
class GenerationInput:
    """Input of the workflow: the options, and the state when a run continues another."""

    options: GenerationOptions
    # A resume after an end: unfinished slots ask for new answers instead of reading the stored ones that failed.
    fresh_attempts: bool = False
    state: GenerationState | None = None


def ranges(slots: list[int]) -> str:
    """Sorted slots as ranges: [0, 1, 2, 5] is "0-2,5"."""
    parts: list[str] = []
    start = previous = None
    for slot in [*slots, None]:
        if previous is not None and slot == previous + 1:
            previous = slot
            continue
        if start is not None:
            parts.append(str(start) if start == previous else f"{start}-{previous}")
        start = previous = slot
    return ",".join(parts)
