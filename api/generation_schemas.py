"""Requests and responses of generations. Times are UTC, costs are US dollars."""

import uuid
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from api.schemas import Body
from api.text import ShortLine
from domain.statuses import Status
from service.requests import MAX_QUESTIONS
from service.status import GenerationStatus

_MOMENT = "2026-11-23T10:00:00Z"
_ID = "0b4f6f0e-3f9c-4f36-9f5e-6f1d0c7a2b11"
_WORKFLOW = f"mcq_{_ID}_5d1c9a7e"


class GenerateQuestions(Body):
    """A request for questions."""

    target_question_count: int = Field(ge=1, le=MAX_QUESTIONS, strict=True, examples=[50])
    model: ShortLine | None = Field(default=None, description="The service's default if left out.")
    temperature: float | None = Field(
        default=None, ge=0, le=2, allow_inf_nan=False, description="The provider's default if left out."
    )
    resume_existing: bool = Field(
        default=False, description="Continue the newest generation that can be resumed, if there is one."
    )


class Accepted(BaseModel):
    """The request is stored and will be carried out, whatever happens to us."""

    message: str = Field(examples=["Question generation started"])
    workflow_id: str = Field(examples=[_WORKFLOW])


class Progress(BaseModel):
    """How far it is."""

    completed: int
    total: int
    percentage: float = Field(ge=0, le=100)


class Tokens(BaseModel):
    """Tokens of the model so far."""

    prompt: int
    completion: int


class WaitingOut(BaseModel):
    """Questions that wait for the provider, which is away or busy."""

    slots: int
    reason: str
    since: datetime
    retry_at: datetime


class StalledOut(BaseModel):
    """Why nothing happens although it is running."""

    reason: str
    since: datetime
    attempt: int | None = Field(default=None, description="How often the failing step was tried.")


_STATUS: dict[str, Any] = {
    "workflow_id": _WORKFLOW,
    "quiz_id": _ID,
    "status": "running",
    "progress": {"completed": 17, "total": 50, "percentage": 34.0},
    "current_node": "write_questions",
    "error": None,
    "can_resume": False,
    "pausing": False,
    "waiting": None,
    "stalled": None,
    "in_flight": 8,
    "revised": 2,
    "rejected": 1,
    "model_calls": 19,
    "tokens": {"prompt": 38_400, "completion": 7_900},
    "cost": 0.028,
    "eta": "2026-11-23T10:01:12Z",
    "resumed": 0,
    "created_at": _MOMENT,
    "updated_at": "2026-11-23T10:00:31Z",
    "completed_at": None,
}


class StatusOut(BaseModel):
    """Where a generation stands."""

    model_config = ConfigDict(use_enum_values=True, json_schema_extra={"examples": [_STATUS]})

    workflow_id: str = Field(examples=[_WORKFLOW])
    quiz_id: uuid.UUID = Field(examples=[_ID])
    status: Status
    progress: Progress
    current_node: str | None = Field(description="The step of the story: prepare_content, write_questions, finish.")
    error: str | None = Field(description="Why it failed, or paused itself.")
    can_resume: bool
    pausing: bool = Field(description="A pause was asked for and no worker has taken it up yet.")
    waiting: WaitingOut | None
    stalled: StalledOut | None
    in_flight: int = Field(description="Questions being written at this moment.")
    revised: int = Field(description="Answers that were sent back with their problems.")
    rejected: int = Field(description="Answers that could not be used.")
    model_calls: int
    tokens: Tokens
    cost: float | None = Field(description="US dollars; null when the price of the model is not known.")
    eta: datetime | None = Field(
        description="When it is done at the pace measured so far; null while it does not get on."
    )
    resumed: int = Field(description="How often it went on in a new run after an end.")
    created_at: datetime = Field(examples=[_MOMENT])
    updated_at: datetime = Field(examples=[_MOMENT])
    completed_at: datetime | None


class Resumable(BaseModel):
    """The generations of a quiz that can be resumed, newest first."""

    items: list[StatusOut]


def status_json(status: GenerationStatus) -> dict[str, Any]:
    """A status as StatusOut has it. Built by hand: it is asked for a thousand times a second."""
    waiting, stalled = status.waiting, status.stalled
    return {
        "workflow_id": status.workflow_id,
        "quiz_id": status.quiz_id,
        "status": status.status.value,
        "progress": {"completed": status.completed, "total": status.total, "percentage": status.percentage},
        "current_node": status.current_node,
        "error": status.error,
        "can_resume": status.can_resume,
        "pausing": status.pausing,
        "waiting": waiting
        and {
            "slots": waiting.slots,
            "reason": waiting.reason,
            "since": waiting.since,
            "retry_at": waiting.retry_at,
        },
        "stalled": stalled and {"reason": stalled.reason, "since": stalled.since, "attempt": stalled.attempt},
        # While it is paused they wait, and nothing is being written.
        "in_flight": status.in_flight if status.status is Status.RUNNING else 0,
        "revised": status.revised,
        "rejected": status.rejected,
        "model_calls": status.calls,
        "tokens": {"prompt": status.prompt_tokens, "completion": status.completion_tokens},
        "cost": status.cost,
        "eta": status.eta,
        "resumed": status.resumed,
        "created_at": status.created_at,
        "updated_at": status.updated_at,
        "completed_at": status.completed_at,
    }
