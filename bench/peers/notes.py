"""What the slots of a generation must know of each other: a table of the application, the same for both peers.

A prompt names the questions that exist, a revision is about the answer before it, and no question may repeat another.
Neither LangGraph's branches nor DBOS's workflows see their neighbours, so each answer is noted here, and all are read
at each start. That spares no call: nobody looks here before one is made. To keep an answer is the peers' own business.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import psycopg

from domain.statuses import Status
from storage.model_calls import Generation as Row
from storage.tables import ModelCall
from workflows.messages import GenerationOptions

_TABLE = """
CREATE TABLE note (
    generation text, slot int, attempt int, chunk int NOT NULL, raw text NOT NULL, stem text,
    accepted bool NOT NULL DEFAULT false, number int GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (generation, slot, attempt)
)"""
_READ = "SELECT generation, slot, attempt, chunk, raw, stem, accepted FROM note ORDER BY number"
# An answer that was paid for twice takes the place of the first, which the peer has not kept.
_RECORD = """
INSERT INTO note (generation, slot, attempt, chunk, raw, stem) VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (generation, slot, attempt) DO UPDATE SET raw = excluded.raw, stem = excluded.stem"""
_ACCEPT = "UPDATE note SET accepted = true WHERE (generation, slot, attempt) = (%s, %s, %s)"


@dataclass(frozen=True)
class Note:
    """An answer of the model. `stem` is None when it could not be read."""

    chunk: int
    raw: str
    stem: str | None
    # Whether it was the question of its slot when this process began.
    accepted: bool = False


class Notes:
    """As much of `ModelCallStore` as `Answers` uses, and which answers were accepted."""

    def __init__(self, connection: psycopg.AsyncConnection[Any], options: GenerationOptions) -> None:
        self._connection = connection
        self._options: Mapping[str, Any] = asdict(options)
        # By generation, slot and attempt, oldest first.
        self._notes: dict[tuple[str, int, int], Note] = {}

    @classmethod
    async def read(cls, database_url: str, options: GenerationOptions) -> Self:
        """With all that earlier processes noted."""
        notes = cls(await psycopg.AsyncConnection.connect(database_url, autocommit=True), options)
        async for generation, slot, attempt, *note in await notes._connection.execute(_READ):
            notes._notes[generation, slot, attempt] = Note(*note)
        return notes

    def accepted(self, generation: str) -> dict[int, str]:
        """Slot -> stem of the questions that were accepted before this process began."""
        return {
            slot: note.stem
            for (name, slot, _), note in self._notes.items()
            if name == generation and note.accepted and note.stem is not None
        }

    async def accept(self, generation: str, slot: int, attempt: int) -> None:
        """An answer became the question of its slot."""
        await self._connection.execute(_ACCEPT, (generation, slot, attempt))

    # --- as ModelCallStore ---

    async def find(self, *_: object) -> None:
        """None, whatever was noted: see above."""

    async def record(self, call: ModelCall) -> ModelCall:
        """Note an answer."""
        key = call.workflow_id, call.slot, call.attempt
        note = Note(call.chunk_id, call.raw, call.question["stem"] if call.question else None)
        await self._connection.execute(_RECORD, (*key, note.chunk, note.raw, note.stem))
        self._notes[key] = note
        # Plain JSON, as the service's comes back from its table: the graph's state holds nothing else.
        call.flaws = json.loads(json.dumps(call.flaws))
        return call

    async def latest(self, workflow_id: str, slot: int, before_attempt: int) -> Note | None:
        """The answer that a revision is about."""
        attempts = range(before_attempt - 1, -1, -1)
        found = (self._notes.get((workflow_id, slot, attempt)) for attempt in attempts)
        return next((note for note in found if note is not None), None)

    async def stems_on_chunk(self, workflow_id: str, chunk_id: int, *, except_slot: int, limit: int) -> list[str]:
        """Questions not to be asked again, newest first."""
        stems = [
            note.stem
            for (generation, slot, _), note in reversed(self._notes.items())
            if generation == workflow_id and note.chunk == chunk_id and slot != except_slot and note.stem is not None
        ]
        return list(dict.fromkeys(stems[:limit]))

    async def generation(self, *_: object) -> Row:
        """Always running, always the same options, and nothing answered: see above."""
        return Row(Status.RUNNING, self._options, answer=None)


def prepare(database_url: str) -> None:
    """Make the table, once and before the clock runs."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(_TABLE)
