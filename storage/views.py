"""What the views say of all generations together: how many are active, and what became of those resumed."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.statuses import Status


@dataclass(frozen=True, slots=True)
class ActiveGenerations:
    """A row of `active_generations`."""

    workflow_type: str
    status: Status
    generations: int
    # Finished questions of those asked for, 0 to 100, the mean over generations.
    mean_progress_percent: float


@dataclass(frozen=True, slots=True)
class RecoveryEffectiveness:
    """A row of `recovery_effectiveness`."""

    # How often a new run was started after an end.
    retry_count: int
    generations: int
    completed: int
    failed: int
    cancelled: int
    open: int
    # Completed of those that have ended, 0 to 100; None while none has.
    completed_percent: float | None


async def active_generations(engine: AsyncEngine) -> list[ActiveGenerations]:
    """Running and paused generations by workflow type and status."""
    query = text(
        "SELECT workflow_type, status, generations, mean_progress_percent"
        " FROM active_generations ORDER BY workflow_type, status"
    )
    async with engine.connect() as connection:
        rows = (await connection.execute(query)).all()
    return [ActiveGenerations(row[0], Status(row[1]), row[2], row[3]) for row in rows]


async def active_workflows(engine: AsyncEngine, *known: str) -> dict[str, int]:
    """How many generations of each workflow type are active; 0 for a `known` type without any."""
    counts = Counter(dict.fromkeys(known, 0))
    for row in await active_generations(engine):
        counts[row.workflow_type] += row.generations
    return dict(counts)


async def recovery_effectiveness(engine: AsyncEngine) -> list[RecoveryEffectiveness]:
    """What became of generations, by how often they were resumed after an end."""
    query = text(
        "SELECT retry_count, generations, completed, failed, cancelled, open, completed_percent"
        " FROM recovery_effectiveness ORDER BY retry_count"
    )
    async with engine.connect() as connection:
        return [RecoveryEffectiveness(*row) for row in (await connection.execute(query)).all()]
