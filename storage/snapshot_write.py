"""The SQL of one snapshot, on the driver itself: three round trips in place of eight.

Snapshots are the most frequent writes, and each holds its row's lock until it is committed. Measured against the same
statements through the engine, see docs/decisions/0018-snapshots-in-a-pipeline.md.
"""

import contextlib
import json
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import psycopg
from psycopg.rows import class_row, tuple_row
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.pace import Pace
from domain.question import question_id
from domain.review import ReviewStatus
from domain.statuses import Status
from storage.snapshots import CHANNEL, NEVER_ARRIVED, UNANSWERED, WRITE_EVENT, StateWrite, event_type

_LOCK = """
SELECT id, quiz_id, run_id, sequence, status, retry_count, completed_steps, updated_at, state_data->'pace' AS pace,
       state_data->'options'->>'replaces' AS replaces, clock_timestamp() AS moment
FROM workflow_state WHERE workflow_id = %s FOR UPDATE
"""
# From the stored answers into the questions, without the texts passing through this process. The fields of a stored
# question are those of `writing/reading.py`. A repeated write changes nothing, or it would undo a teacher's edit of the
# same answer (which is known again by `created_at`); another answer also ends what people did to the old one.
_QUESTIONS = """
WITH wanted AS (
  SELECT w.id, c.* FROM unnest(%(ids)s::uuid[], %(slots)s::int[], %(steps)s::text[], %(attempts)s::int[])
                        AS w (id, slot, step, attempt)
  JOIN model_call c ON c.workflow_id = %(workflow_id)s AND (c.slot, c.step, c.attempt) = (w.slot, w.step, w.attempt)
), written AS (
  INSERT INTO question AS old (id, quiz_id, workflow_id, slot, stem, options, key, explanation, difficulty, bloom,
    source, flaws, model, prompt_version, prompt_tokens, completion_tokens, cost, review_status, replaces_id,
    created_at, updated_at)
  SELECT id, %(quiz_id)s, workflow_id, slot, question->>'stem', question->'options', (question->>'key')::int,
    question->>'explanation', question->>'difficulty', question->>'bloom', question->'source',
    jsonb_path_query_array(flaws, '$[*].rule'), model, prompt_version, prompt_tokens, completion_tokens, cost,
    %(unreviewed)s, %(replaces)s, created_at, now()
  FROM wanted ORDER BY slot
  ON CONFLICT (id) DO UPDATE SET
    (quiz_id, workflow_id, slot, stem, options, key, explanation, difficulty, bloom, source, flaws, model,
     prompt_version, prompt_tokens, completion_tokens, cost, review_status, review_reason, review_comment, replaces_id,
     edited_at, created_at, updated_at) =
    (excluded.quiz_id, excluded.workflow_id, excluded.slot, excluded.stem, excluded.options, excluded.key,
     excluded.explanation, excluded.difficulty, excluded.bloom, excluded.source, excluded.flaws, excluded.model,
     excluded.prompt_version, excluded.prompt_tokens, excluded.completion_tokens, excluded.cost,
     excluded.review_status, NULL, NULL, excluded.replaces_id, NULL, excluded.created_at, excluded.updated_at)
  WHERE old.created_at <> excluded.created_at
  RETURNING 1
), hidden AS (
  -- Only with a question that is new: a teacher may have brought the replaced one back. Reason and comment stay, they
  -- tell why it was replaced.
  UPDATE question SET review_status = %(replaced)s, updated_at = now()
  WHERE id = %(replaces)s AND quiz_id = %(quiz_id)s AND EXISTS (SELECT FROM written)
)
SELECT count(*) FROM wanted
"""
# `state_data` is merged: the options of the start stay beside the progress. A run that was reset to an early event
# finds its questions one by one, while a reader has all that were ever made: those are counted.
_STATE = """
UPDATE workflow_state
SET run_id = %(run_id)s, sequence = %(sequence)s, status = %(status)s, current_node = %(current_node)s,
    total_steps = %(total)s, state_data = state_data || %(progress)s::jsonb,
    completed_steps = greatest(%(completed)s, (SELECT count(*) FROM question WHERE workflow_id = %(workflow_id)s)),
    checkpoint_data = %(checkpoint)s::jsonb, error_message = %(error_message)s, last_checkpoint = %(moment)s,
    updated_at = %(moment)s, completed_at = %(completed_at)s
WHERE id = %(id)s
"""
_COUNT = "SELECT count(*) FROM question WHERE workflow_id = %s"
_NO_WAITS = "DELETE FROM model_wait WHERE workflow_id = %s"


class NotStored(Exception):
    """A snapshot counts on answers or questions that are not stored: nothing of it may be written."""


@dataclass(frozen=True, slots=True)
class Locked:
    """What the fence needs to know of the row, which is locked until the transaction ends."""

    id: uuid.UUID
    quiz_id: uuid.UUID
    run_id: str | None
    sequence: int
    status: str
    retry_count: int
    completed_steps: int
    updated_at: datetime
    pace: dict[str, float] | None
    # The option of the start: the id of the question in whose place these were asked for.
    replaces: str | None
    # Now, by PostgreSQL's clock: those of workers differ, and each row is of several.
    moment: datetime


@contextlib.asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[psycopg.AsyncConnection]:
    """The driver's connection under one of the engine's, in a transaction whose statements do not wait for each other.

    Its errors are told as the engine tells them.
    """
    async with engine.connect() as connection:
        driver = cast(psycopg.AsyncConnection, (await connection.get_raw_connection()).driver_connection)
        try:
            async with driver.pipeline(), driver.transaction():
                yield driver
        except psycopg.Error as error:
            # As `hide_parameters` of the engine: neither statement nor values go into the text.
            raise DBAPIError.instance(None, None, error, psycopg.Error, hide_parameters=True) from error


async def lock(connection: psycopg.AsyncConnection, workflow_id: str) -> Locked | None:
    """Lock a generation's row."""
    async with connection.cursor(row_factory=class_row(Locked)) as cursor:
        await cursor.execute(_LOCK, [workflow_id])
        return await cursor.fetchone()


async def write(connection: psycopg.AsyncConnection, row: Locked, snapshot: StateWrite) -> None:
    """State, questions, event and notification of an accepted snapshot, under the row's lock; raises NotStored.

    Also where all is told to be done, and a question is not there that an earlier snapshot brought: it went with the
    database, as in a restore, and whoever is told that all is there does not look for it.
    """
    wanted = sorted(set(snapshot.questions))
    async with connection.cursor(row_factory=tuple_row) as questions, connection.cursor() as rest:
        if wanted:
            await questions.execute(_QUESTIONS, _questions(row, snapshot, wanted))
        await rest.execute(_STATE, _state(row, snapshot))
        await rest.execute(WRITE_EVENT, _event(row, snapshot))
        if not snapshot.status.is_active:
            await rest.execute(_NO_WAITS, [snapshot.workflow_id])
        if wanted:
            ((found,),) = await questions.fetchall()
            if found != len(wanted):
                missing = f"{len(wanted) - found} of {len(wanted)} answers"
                raise NotStored(f"{missing} of {snapshot.workflow_id} are not stored")
        if snapshot.status is Status.COMPLETED:
            await questions.execute(_COUNT, [snapshot.workflow_id])
            ((there,),) = await questions.fetchall()
            if there < snapshot.total:
                raise NotStored(f"{there} of {snapshot.total} questions of {snapshot.workflow_id} are stored")


def _questions(row: Locked, snapshot: StateWrite, wanted: list[tuple[int, str, int]]) -> dict[str, Any]:
    return {
        "ids": [question_id(snapshot.workflow_id, slot) for slot, _, _ in wanted],
        "slots": [slot for slot, _, _ in wanted],
        "steps": [step for _, step, _ in wanted],
        "attempts": [attempt for _, _, attempt in wanted],
        "workflow_id": snapshot.workflow_id,
        "quiz_id": row.quiz_id,
        "unreviewed": ReviewStatus.UNREVIEWED,
        "replaced": ReviewStatus.REPLACED,
        "replaces": uuid.UUID(row.replaces) if row.replaces else None,
    }


def _state(row: Locked, snapshot: StateWrite) -> dict[str, Any]:
    return {
        "id": row.id,
        "workflow_id": snapshot.workflow_id,
        "run_id": snapshot.run_id,
        "sequence": snapshot.sequence,
        "status": snapshot.status,
        "current_node": snapshot.current_node,
        "total": snapshot.total,
        "completed": snapshot.completed,
        "progress": json.dumps({**snapshot.state_data, **_measured(row, snapshot)}),
        "checkpoint": json.dumps(dict(snapshot.checkpoint_data)),
        "error_message": snapshot.error_message,
        "moment": row.moment,
        "completed_at": None if snapshot.status.is_active else row.moment,
    }


def _measured(row: Locked, snapshot: StateWrite) -> dict[str, Any]:
    """What a snapshot adds to the row's `state_data`, beside its own: the pace, and an end to what outsiders noted.

    Only time in which questions were being written counts: a run's own, from one `running` snapshot to the next.
    """
    pace = Pace(**(row.pace or {}))
    if row.status == Status.RUNNING and row.run_id in (snapshot.run_id, None):
        seconds = (row.moment - row.updated_at).total_seconds()
        pace = pace.after(max(snapshot.completed - row.completed_steps, 0), seconds)
    # A run that tells is a start that arrived.
    outsiders: dict[str, Any] = {"stalled": None, UNANSWERED: False, NEVER_ARRIVED: False}
    if snapshot.status is not Status.RUNNING:
        outsiders["pause_requested"] = None
    return {**outsiders, "pace": {"questions": round(pace.questions, 3), "seconds": round(pace.seconds, 3)}}


def _event(row: Locked, snapshot: StateWrite) -> dict[str, Any]:
    takes_over, was_open = row.run_id != snapshot.run_id, Status(row.status).is_active
    recovers = (takes_over and bool(row.run_id or row.retry_count)) or not was_open
    data = {
        "status": snapshot.status,
        "total": snapshot.total,
        "slots": snapshot.slots,
        **({"reason": snapshot.error_message} if snapshot.error_message else {}),
    }
    return {
        "state_id": row.id,
        "run_id": snapshot.run_id,
        "sequence": snapshot.sequence,
        "kind": event_type(snapshot, recovers=recovers, before=row.status),
        "data": json.dumps(data),
        "channel": CHANNEL,
        "quiz_id": str(row.quiz_id),
    }
