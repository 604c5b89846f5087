"""Where a generation stands, as the mirror tells it: what the command line and the API show."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from domain.statuses import Status
from storage.tables import ModelWait, WorkflowState
from storage.workflow_states import RESUMABLE


@dataclass(frozen=True)
class Waiting:
    """Slots that wait for the provider. Times are UTC."""

    slots: int
    reason: str
    since: datetime
    retry_at: datetime


@dataclass(frozen=True)
class GenerationStatus:
    """Where a generation stands, from the mirror alone: no worker and no Temporal needed."""

    workflow_id: str
    quiz_id: uuid.UUID
    status: Status
    total: int
    completed: int
    current_node: str | None
    error: str | None
    can_resume: bool
    in_flight: int
    revised: int
    rejected: int
    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost: float | None
    waiting: Waiting | None
    created_at: datetime
    updated_at: datetime

    @property
    def percentage(self) -> float:
        """Finished questions of those asked for, 0 to 100."""
        return round(100 * self.completed / self.total, 1) if self.total else 100.0

    @classmethod
    def of(cls, row: WorkflowState, waits: Sequence[ModelWait]) -> Self:
        """From the generation's row and its slots that wait, longest first."""
        data = row.state_data
        status = Status(row.status)
        waiting = None
        if waits and status is Status.RUNNING:
            retry_at = min(wait.retry_at for wait in waits)
            waiting = Waiting(len(waits), waits[0].reason, waits[0].since, retry_at)
        return cls(
            workflow_id=row.workflow_id,
            quiz_id=row.quiz_id,
            status=status,
            total=row.total_steps,
            completed=row.completed_steps,
            current_node=row.current_node,
            error=row.error_message,
            can_resume=status in RESUMABLE,
            in_flight=data.get("in_flight", 0),
            revised=data.get("revised", 0),
            rejected=data.get("rejected", 0),
            calls=data.get("calls", 0),
            prompt_tokens=data.get("prompt_tokens", 0),
            completion_tokens=data.get("completion_tokens", 0),
            cost=data.get("cost", 0.0),
            waiting=waiting,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
