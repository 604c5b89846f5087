"""What may be asked of the service, and how it becomes the options of a generation."""

import hashlib
import json
import uuid
from dataclasses import asdict, dataclass

from domain.statuses import Status
from service.errors import NotPossible
from settings import Settings
from storage.starts import RequestKey
from storage.tables import Quiz, WorkflowState
from workflows.ids import new_generation_id
from workflows.messages import WORKFLOW_TYPE, GenerationOptions

MAX_QUESTIONS = 1_000


@dataclass(frozen=True)
class GenerationRequest:
    """What to write. `model` and `temperature` default to the settings and the provider.

    `replaces` names a question of the quiz in whose place one is asked for: on the same part of the content, as hard.
    """

    question_count: int
    model: str | None = None
    temperature: float | None = None
    window: int | None = None
    replaces: uuid.UUID | None = None


def options_of(quiz: Quiz, request: GenerationRequest, settings: Settings) -> GenerationOptions:
    """The options, fixed for the life of the generation; raises NotPossible."""
    if not 1 <= request.question_count <= MAX_QUESTIONS:
        raise NotPossible(f"ask for 1 to {MAX_QUESTIONS:,} questions, not {request.question_count:,}")
    return GenerationOptions(
        quiz_id=str(quiz.id),
        owner_id=str(quiz.owner_id),
        question_count=request.question_count,
        model=request.model or settings.model_name,
        temperature=request.temperature,
        language=quiz.language,
        window=request.window or settings.workflow_window,
        max_retries=settings.workflow_max_retries,
        checkpoint_interval=settings.workflow_checkpoint_interval,
        checkpoint_timeout=settings.workflow_checkpoint_timeout,
        mirror_delay=settings.workflow_mirror_delay,
        longest_run=settings.workflow_longest_run,
        replaces=str(request.replaces or ""),
    )


def key_of(quiz: Quiz, request: GenerationRequest, idempotency_key: str | None) -> RequestKey | None:
    """The key, if there is one, with a hash of what was asked for: it tells another request from a repetition."""
    if not idempotency_key:
        return None
    content = json.dumps({"quiz": str(quiz.id), **asdict(request)}, sort_keys=True, default=str)
    return RequestKey(quiz.owner_id, idempotency_key, hashlib.sha256(content.encode()).hexdigest())


def new_row(quiz: Quiz, options: GenerationOptions, run_id: str | None = None) -> WorkflowState:
    """The row of a generation that is about to start; `run_id` where it is known before."""
    return WorkflowState(
        workflow_id=str(new_generation_id(quiz.id)),
        workflow_type=WORKFLOW_TYPE,
        quiz_id=quiz.id,
        run_id=run_id,
        status=Status.RUNNING,
        total_steps=options.question_count,
        state_data={"options": asdict(options)},
    )
