"""What is read again and again while teachers watch: one statement, one round trip each, on psycopg's own pool.

The status of a generation is asked for a thousand times a second, and the live events ask for what is new.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row, tuple_row
from psycopg_pool import AsyncConnectionPool

from storage.together import Together

_STATE = """
SELECT {asked} AS asked, w.workflow_id, w.quiz_id, w.status, w.current_node,
       w.state_data - 'options' - 'next_attempt' AS state_data,
       w.error_message, w.retry_count, w.total_steps, w.completed_steps, w.created_at, w.updated_at, w.completed_at,
       (SELECT jsonb_agg(jsonb_build_object('reason', m.reason, 'since', m.since, 'retry_at', m.retry_at)
                         ORDER BY m.since)
        FROM model_wait m WHERE m.workflow_id = w.workflow_id AND w.status = 'running') AS waits,
       EXISTS (SELECT FROM workflow_state o WHERE o.quiz_id = w.quiz_id AND o.id <> w.id
               AND o.status IN ('running', 'paused')) AS other_active
FROM workflow_state w JOIN quiz q ON q.id = w.quiz_id
"""
_ASKED = (
    _STATE.format(asked="a.place")
    + """
JOIN unnest(%s::text[], %s::uuid[], %s::uuid[]) WITH ORDINALITY AS a (workflow_id, quiz_id, owner_id, place)
  ON a.workflow_id = w.workflow_id AND a.quiz_id = q.id AND a.owner_id = q.owner_id
"""
)
_NEWEST = (
    _STATE.format(asked="0")
    + """
WHERE q.id = %s AND q.owner_id = %s ORDER BY (w.status IN ('running', 'paused')) DESC, w.created_at DESC LIMIT 1
"""
)
_HEAD = """
SELECT coalesce(max(e.id), 0) FROM workflow_event e JOIN workflow_state w ON w.id = e.workflow_state_id
WHERE w.quiz_id = %s
"""
_EVENTS = """
SELECT e.id, e.event_type, e.event_data, e.created_at, w.workflow_id
FROM workflow_event e JOIN workflow_state w ON w.id = e.workflow_state_id
WHERE w.quiz_id = %s AND e.id > %s ORDER BY e.id LIMIT %s
"""
_QUESTIONS = """
SELECT id, workflow_id, slot, stem, options, key, explanation, difficulty, bloom, source, flaws, model, review_status,
       review_reason, review_comment, replaces_id, edited_at, created_at, updated_at
FROM question WHERE workflow_id = %s AND slot = ANY(%s)
"""


@dataclass(slots=True)
class WaitRead:
    """A slot that waits for the provider."""

    reason: str
    since: datetime
    retry_at: datetime


@dataclass(slots=True)
class StateRead:
    """A generation's row, without its options. `asked` is its place among those asked for together, from 1."""

    asked: int
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
    waits: list[dict[str, str]] | None
    # Whether another generation of the quiz is.
    other_active: bool

    def waiting(self) -> list[WaitRead]:
        """The slots that wait for the provider, longest first."""
        moment = datetime.fromisoformat
        return [WaitRead(w["reason"], moment(w["since"]), moment(w["retry_at"])) for w in self.waits or []]


@dataclass(frozen=True, slots=True)
class EventRead:
    """One entry of a quiz's log."""

    id: int
    event_type: str
    event_data: dict[str, Any]
    created_at: datetime
    workflow_id: str


@dataclass(frozen=True, slots=True)
class QuestionRead:
    """A question as the events carry it; the columns of the table."""

    id: uuid.UUID
    workflow_id: str
    slot: int
    stem: str
    options: list[dict[str, str]]
    key: int
    explanation: str
    difficulty: str
    bloom: str
    source: dict[str, Any]
    flaws: list[str]
    model: str
    review_status: str
    review_reason: str | None
    review_comment: str | None
    replaces_id: uuid.UUID | None
    edited_at: datetime | None
    created_at: datetime
    updated_at: datetime


class FastReads:
    """The reads. Errors are psycopg's own: the caller's database is away."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool
        self._states = Together(self._read_states)

    async def state(self, workflow_id: str, quiz_id: uuid.UUID, owner_id: uuid.UUID) -> StateRead | None:
        """A generation of the owner's quiz. What is asked for while an answer is on its way is asked together."""
        return await self._states.ask((workflow_id, quiz_id, owner_id))

    async def _read_states(self, asked: Sequence[tuple[str, uuid.UUID, uuid.UUID]]) -> list[StateRead | None]:
        workflow_ids, quiz_ids, owner_ids = (list(column) for column in zip(*asked, strict=True))
        rows = await self._rows(StateRead, _ASKED, workflow_ids, quiz_ids, owner_ids)
        found = {row.asked: row for row in rows}
        return [found.get(place) for place in range(1, len(asked) + 1)]

    async def newest_state(self, quiz_id: uuid.UUID, owner_id: uuid.UUID) -> StateRead | None:
        """The active generation of the owner's quiz, else the newest."""
        rows = await self._rows(StateRead, _NEWEST, quiz_id, owner_id)
        return rows[0] if rows else None

    async def last_event(self, quiz_id: uuid.UUID) -> int:
        """The id of the newest entry of a quiz's log; 0 when it is empty."""
        ((head,),) = await self._fetch(tuple_row, _HEAD, quiz_id)
        return int(head)

    async def events(self, quiz_id: uuid.UUID, after: int, limit: int) -> list[EventRead]:
        """The entries of a quiz's log after one, oldest first."""
        return await self._rows(EventRead, _EVENTS, quiz_id, after, limit)

    async def questions(self, workflow_id: str, slots: list[int]) -> list[QuestionRead]:
        """The questions of some slots, in their order."""
        rows = await self._rows(QuestionRead, _QUESTIONS, workflow_id, slots)
        return sorted(rows, key=lambda row: row.slot)

    async def _rows(self, kind: type[Any], sql: str, *values: object) -> list[Any]:
        return await self._fetch(class_row(kind), sql, *values)

    async def _fetch(self, row_factory: Any, sql: str, *values: object) -> list[Any]:
        """Repeated on another connection when the one in hand died with the server, which is found at its use."""
        while True:
            async with self._pool.connection() as connection:
                try:
                    async with connection.cursor(row_factory=row_factory) as cursor:
                        await cursor.execute(sql, values)
                        return await cursor.fetchall()
                except psycopg.OperationalError:
                    if not connection.broken:
                        raise  # the server's own answer
