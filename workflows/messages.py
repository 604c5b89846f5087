"""What crosses between workflow, activities and clients. Frozen; a new field comes with a default.

Everything here is written to workflow history: ids and small facts only, never course content or secrets.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypedDict

WORKFLOW_TYPE = "QuizGenerationWorkflow"
QUESTION_GRAPH = "question"
# What a step of the workflow itself may take, and what it costs when its worker dies with it: nobody can fail it in the
# worker's name. Temporal's own 10 s would keep the mirror behind for longer than is promised. A step takes
# milliseconds; after a worker's death one replays up to `WORKFLOW_LONGEST_RUN` events, beside the other that a worker
# takes at once. From the fourth try on the time-out grows.
WORKFLOW_TASK_TIMEOUT = timedelta(seconds=5)

# The steps of the story, as `current_node` tells them.
PREPARE_CONTENT = "prepare_content"
WRITE_QUESTIONS = "write_questions"
FINISH = "finish"

# The activity that stores snapshots.
MIRROR = "mirror_progress"

# Typed search attributes, as they are registered on the server.
QUIZ_ATTRIBUTE = "McqQuizId"
OWNER_ATTRIBUTE = "McqOwnerId"
STATUS_ATTRIBUTE = "McqStatus"

# Of a generation's own finished stems, in JSON, that are kept for near-duplicates: Temporal takes payloads of 2 MB.
STEMS_BYTES = 1_200_000

# Failure types of activities on which the workflow acts.
PROVIDER_TROUBLE = "ProviderTrouble"  # the provider refuses for good, or was away longer than our patience
GENERATION_PAUSED = "GenerationPaused"  # a retry found the generation paused and made no call


@dataclass(frozen=True)
class GenerationOptions:
    """What was asked for, fixed for the life of a generation. Durations are seconds."""

    quiz_id: str
    owner_id: str
    question_count: int
    model: str
    temperature: float | None = None
    language: str = "English"
    window: int = 8
    max_retries: int = 3
    checkpoint_interval: int = 5
    checkpoint_timeout: float = 300.0
    mirror_delay: float = 2.0
    # Events after which a run hands over to a new one; 0, as in generations of before, leaves that to the server.
    longest_run: int = 0
    # A question's id: the new ones are asked for in its place, on its chunk, as hard and on the same Bloom level.
    replaces: str = ""


@dataclass(frozen=True)
class PrepareContentInput:
    """Asks for chunks and plan of a quiz."""

    quiz_id: str
    question_count: int
    # After a failure the unfinished slots ask for new answers instead of reading the stored ones that failed.
    fresh_attempts: bool = False
    # See GenerationOptions.
    replaces: str = ""


@dataclass(frozen=True)
class PlannedSlot:
    """Where one question is to come from. Short names: there is one for each question in history."""

    c: int  # chunk, an index into PreparedContent.chunk_ids
    p: int  # part of the chunk, from 1
    n: int  # parts of the chunk
    d: str  # difficulty
    b: str  # Bloom level
    k: int  # position of the key


@dataclass(frozen=True)
class PreparedContent:
    """The chunks of a quiz, the plan of its slots, and what an earlier run has finished already."""

    chunk_ids: list[int]
    chunk_sizes: list[int]
    plan: list[PlannedSlot]
    # Slot -> stem of questions that exist already.
    finished: dict[int, str] = field(default_factory=dict)
    # Slot -> number of its first answer that is not used up, of slots whose earlier answers a failed run has used up.
    next_attempt: dict[int, int] = field(default_factory=dict)
    # Stems of the quiz's other questions, which no new one may repeat.
    other_stems: list[str] = field(default_factory=list)
    # What the finished slots cost in an earlier run: calls, prompt tokens, completion tokens, US dollars.
    spent: tuple[int, int, int, float | None] = (0, 0, 0, 0.0)


class DraftInput(TypedDict):
    """State that crosses to the `draft` activity; it reads model and language from the generation's row."""

    slot: int
    attempt: int
    chunk_id: int
    part: int
    parts: int
    difficulty: str
    bloom: str
    key_position: int


class ReviseInput(DraftInput):
    """State that crosses to the `revise` activity."""

    problems: list[str]


class QuestionState(ReviseInput, total=False):
    """State of the question graph for one slot. JSON primitives only; `attempt` counts the slot's answers."""

    # Answers that may still be asked for before the slot is handed to another chunk.
    retries_left: int
    step: str
    # The last answer: see AnswerUpdate.
    question: dict[str, Any] | None
    flaws: list[dict[str, str]]
    unusable: str | None
    usage: list[int]
    cost: float | None
    # The best answer so far that only has warnings: kept when a revision makes it worse.
    spare: dict[str, Any] | None
    verdict: str


class AnswerUpdate(TypedDict):
    """What `draft` and `revise` return: the answer as read and checked."""

    step: str
    # The number of the slot's next answer.
    attempt: int
    # {"stem", "options", "key", "explanation", "span"}, or None when the answer could not be used. The rest of a stored
    # question follows from the plan and the content, so history does not repeat it.
    question: dict[str, Any] | None
    flaws: list[dict[str, str]]
    unusable: str | None
    # Tokens: [prompt, completion].
    usage: list[int]
    # US dollars; None when the model's price is not known.
    cost: float | None


@dataclass(frozen=True)
class FinishedSlot:
    """Which stored answer became the question of a slot."""

    slot: int
    step: str
    attempt: int


class RowAhead(TypedDict):
    """What the mirror answers when the row has more of this run than its history, which fell back: tell all again."""

    # That of the row: snapshots up to it are not stored.
    ahead: int


@dataclass(frozen=True)
class Snapshot:
    """A generation's progress as the mirror stores it: a whole, never a delta.

    But `questions`: the ones finished since the last acknowledged snapshot. They are upserted by id.
    """

    sequence: int
    status: str
    current_node: str
    total: int
    completed: int
    # Finished slots as ranges, e.g. "0-4,7".
    slots: str
    in_flight: int
    revised: int
    rejected: int
    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost: float | None
    reason: str | None = None
    questions: list[FinishedSlot] = field(default_factory=list)


@dataclass(frozen=True)
class Progress:
    """Answer of the `progress` query."""

    status: str
    current_node: str
    total: int
    completed: int
    in_flight: int
    revised: int
    rejected: int
    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost: float | None
    reason: str | None
    window: int
    sequence: int


@dataclass(frozen=True)
class GenerationResult:
    """What a completed generation returns to the operator; the questions are in PostgreSQL."""

    questions: int
    calls: int
    revised: int
    rejected: int
    prompt_tokens: int
    completion_tokens: int
    cost: float | None
