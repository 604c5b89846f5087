"""Where a generation stands, as the mirror tells it: what the command line and the API show."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, Self

from domain.pace import Pace
from domain.statuses import Status
from storage.workflow_states import RESUMABLE


class StateRow(Protocol):
    """What is read of a generation's row, whoever reads it."""

    workflow_id: str
    quiz_id: uuid.UUID
    status: str
    current_node: str | None
    state_data: dict[str, Any]
    error_message: str | None
    retry_count: int
    total_steps: int
    completed_steps: int
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None


class WaitRow(Protocol):
    """What is read of a slot that waits for the provider."""

    reason: str
    since: datetime
    retry_at: datetime


@dataclass(frozen=True)
class Waiting:
    """Slots that wait for the provider. Times are UTC."""

    slots: int
    reason: str
    since: datetime
    retry_at: datetime


@dataclass(frozen=True)
class Stalled:
    """Why nothing happens although the generation is `running`, as the reconciler found it. Times are UTC."""

    reason: str
    since: datetime
    # How often the step that keeps failing was tried; None when no step failed.
    attempt: int | None = None


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
    completed_at: datetime | None = None
    stalled: Stalled | None = None
    # A pause was asked for that no worker has taken up yet.
    pausing: bool = False
    # When it will be completed at the pace measured so far; None while it does not get on, or nothing is known.
    eta: datetime | None = None
    # How often an ended run was resumed by a new one.
    resumed: int = 0

    @property
    def percentage(self) -> float:
        """Finished questions of those asked for, 0 to 100."""
        return percentage(self.completed, self.total)

    @classmethod
    def of(cls, row: StateRow, waits: Sequence[WaitRow], *, other_active: bool = False) -> Self:
        """From the generation's row and its slots that wait, longest first; and whether another one is in its way."""
        data = row.state_data
        status = Status(row.status)
        waiting = None
        if waits and status is Status.RUNNING:
            retry_at = min(wait.retry_at for wait in waits)
            waiting = Waiting(len(waits), waits[0].reason, waits[0].since, retry_at)
        stalled = _stalled(data) if status is Status.RUNNING else None
        gets_on = status is Status.RUNNING and waiting is None and stalled is None
        pace = Pace(**(data.get("pace") or {}))
        return cls(
            workflow_id=row.workflow_id,
            quiz_id=row.quiz_id,
            status=status,
            total=row.total_steps,
            completed=row.completed_steps,
            current_node=row.current_node,
            error=row.error_message,
            can_resume=status in RESUMABLE and not other_active,
            in_flight=data.get("in_flight", 0),
            revised=data.get("revised", 0),
            rejected=data.get("rejected", 0),
            calls=data.get("calls", 0),
            prompt_tokens=data.get("prompt_tokens", 0),
            completion_tokens=data.get("completion_tokens", 0),
            cost=data.get("cost", 0.0),
            waiting=waiting,
            stalled=stalled,
            pausing=status is Status.RUNNING and bool(data.get("pause_requested")),
            eta=_eta(row, pace) if gets_on else None,
            resumed=row.retry_count,
            created_at=row.created_at,
            updated_at=row.updated_at,
            completed_at=row.completed_at,
        )


def percentage(completed: int, total: int) -> float:
    """Finished questions of those asked for, 0 to 100."""
    return round(100 * completed / total, 1) if total else 100.0


def _eta(row: StateRow, pace: Pace) -> datetime | None:
    """Counted from the last snapshot, so that it stays the same until the next."""
    seconds = pace.seconds_for(row.total_steps - row.completed_steps)
    return None if seconds is None else row.updated_at + timedelta(seconds=round(seconds, 1))


def _stalled(data: Mapping[str, Any]) -> Stalled | None:
    noted = data.get("stalled")
    if not noted:
        return None
    return Stalled(noted["reason"], datetime.fromisoformat(noted["since"]), noted.get("attempt"))
