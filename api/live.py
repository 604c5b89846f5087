"""Live events of quizzes: the log in PostgreSQL is the truth, LISTEN/NOTIFY says when to read on.

A process reads what is new once for each quiz that is watched, however many watch it. Readers keep a position in the
log and no queue, so one that is slow, or gone without saying so, costs the others nothing.
"""

import asyncio
import contextlib
import uuid
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psycopg
import structlog
from fastapi.sse import ServerSentEvent
from psycopg_pool import PoolTimeout
from pydantic_core import to_json

from service.status import percentage
from storage.engine import connect_alone
from storage.fast_reads import EventRead, FastReads
from storage.snapshots import CHANNEL

log = structlog.get_logger()

# Messages that are kept for readers of a quiz; who is further behind reads the log itself.
KEPT = 500
# Entries of the log that are read at once.
BATCH = 100
# Seconds after which a watched quiz is looked at without a notification: it may have been lost with its connection.
LOOK_ANYWAY = 10.0
# Seconds between tries to listen again.
RETRY = 1.0

# Where a reader is: the id of an entry, and how many of the entry's messages it has.
Position = tuple[int, int]
# Behind every message of an entry.
END = 1_000_000


@dataclass(frozen=True, slots=True)
class Message:
    """One server-sent event, made once for all its readers."""

    position: Position
    event: ServerSentEvent

    @classmethod
    def of(cls, position: Position, name: str, data: str) -> "Message":
        """From JSON; the id is what a reader sends back as `Last-Event-ID`."""
        return cls(position, ServerSentEvent(raw_data=data, event=name, id="{}.{}".format(*position)))


def position_of(last_event_id: str) -> Position:
    """The position that an id names; raises ValueError."""
    event, _, index = last_event_id.partition(".")
    return int(event), int(index) if index else END


@dataclass
class _Watched:
    """A quiz with readers."""

    # Up to this entry of the log, its messages are in `kept` or were there.
    head: int = 0
    # All messages after this position are in `kept`; who is behind it reads the log.
    kept_from: Position = (0, END)
    known: bool = False
    kept: deque[Message] = field(default_factory=deque)
    readers: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)


class Live:
    """The events of this process's readers."""

    def __init__(self, database_url: str, reads: FastReads) -> None:
        self._url = database_url
        self._reads = reads
        self._watched: dict[uuid.UUID, _Watched] = defaultdict(_Watched)
        self._closing = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Live"]:
        """Listen for as long as the context is open."""
        listening = asyncio.create_task(self._listen())
        looking = asyncio.create_task(self._look_anyway())
        try:
            yield self
        finally:
            self.close()
            for task in (listening, looking, *self._tasks):
                task.cancel()
            await asyncio.gather(listening, looking, *self._tasks, return_exceptions=True)

    def close(self) -> None:
        """End every reader's stream; they come back to another process, or to the next one."""
        self._closing.set()
        for watched in self._watched.values():
            watched.news.set()

    async def head(self, quiz_id: uuid.UUID) -> Position:
        """The position behind everything that is in the log now."""
        return await self._reads.last_event(quiz_id), END

    async def follow(self, quiz_id: uuid.UUID, after: Position, *, until: datetime) -> AsyncIterator[Message]:
        """The messages after a position, as they come, until a moment or until the process ends."""
        watched = self._watched[quiz_id]
        watched.readers += 1
        try:
            async with watched.reading:
                if not watched.known:
                    watched.head = await self._reads.last_event(quiz_id)
                    watched.kept_from, watched.known = (watched.head, END), True
            while not self._closing.is_set() and (left := (until - datetime.now(UTC)).total_seconds()) > 0:
                news = watched.news  # before the look, or what comes in between would wake nobody
                if behind := after < watched.kept_from:
                    gap_ends = watched.kept_from
                    messages = await self._from_the_log(quiz_id, after)
                else:
                    messages = _after(watched.kept, after)
                for message in messages:
                    yield message
                    after = message.position
                if not messages and behind:
                    after = gap_ends
                elif not messages:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(news.wait(), min(left, LOOK_ANYWAY))
        finally:
            watched.readers -= 1
            if not watched.readers:
                self._watched.pop(quiz_id, None)

    # --- private ---

    async def _from_the_log(self, quiz_id: uuid.UUID, after: Position) -> list[Message]:
        """The messages of the entries after a position, and of the rest of its own entry."""
        entries = await self._reads.events(quiz_id, after[0] - 1, BATCH)
        messages = [message for entry in entries for message in await self._messages(entry)]
        return [message for message in messages if message.position > after]

    async def _read_on(self, quiz_id: uuid.UUID) -> None:
        """Take what is new in the log of a watched quiz, and wake its readers."""
        watched = self._watched.get(quiz_id)
        if watched is None:
            return
        async with watched.reading:
            while watched.known and (entries := await self._reads.events(quiz_id, watched.head, BATCH)):
                for entry in entries:
                    watched.kept.extend(await self._messages(entry))
                    watched.head = entry.id
                while len(watched.kept) > KEPT:
                    # Whole entries, so that a position is either kept with all that follows or not at all.
                    gone = watched.kept.popleft().position[0]
                    while watched.kept and watched.kept[0].position[0] == gone:
                        watched.kept.popleft()
                    watched.kept_from = (gone, END)
                watched.news.set()
                watched.news = asyncio.Event()

    async def _messages(self, entry: EventRead) -> list[Message]:
        """Each question that landed, then the progress."""
        slots = entry.event_data.get("slots") or []
        questions = await self._reads.questions(entry.workflow_id, slots) if slots else []
        # Places in the entry, not among the questions that still exist: one may have been deleted since.
        place = {slot: index for index, slot in enumerate(slots)}
        messages = [Message.of((entry.id, place[one.slot]), "question", to_json(one).decode()) for one in questions]
        return [*messages, Message.of((entry.id, len(slots)), "progress", _progress_json(entry))]

    async def _listen(self) -> None:
        """Hear of news, through restarts of the database."""
        while True:
            try:
                async with await connect_alone(self._url) as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    self._read_all()  # what came before we listened
                    async for notification in connection.notifies():
                        self._spawn(notification.payload)
            except psycopg.Error as problem:
                log.warning("listening_interrupted", error=type(problem).__name__)
            await asyncio.sleep(RETRY)

    async def _look_anyway(self) -> None:
        while True:
            await asyncio.sleep(LOOK_ANYWAY)
            self._read_all()

    def _read_all(self) -> None:
        for quiz_id in list(self._watched):
            self._spawn(str(quiz_id))

    def _spawn(self, quiz_id: str) -> None:
        known = uuid.UUID(quiz_id)
        if known not in self._watched:
            return
        task = asyncio.create_task(self._read_on_quietly(known))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _read_on_quietly(self, quiz_id: uuid.UUID) -> None:
        try:
            await self._read_on(quiz_id)
        except (psycopg.Error, PoolTimeout) as problem:  # the next notification, or the next look, reads it
            log.warning("events_not_read", error=type(problem).__name__)


def _after(kept: Sequence[Message], position: Position) -> list[Message]:
    """The messages after a position, which is near the end as a rule."""
    found = []
    for message in reversed(kept):
        if message.position <= position:
            break
        found.append(message)
    return found[::-1]


def _progress_json(entry: EventRead) -> str:
    data = entry.event_data
    completed, total = data.get("completed", 0), data.get("total", 0)
    content = {
        "workflow_id": entry.workflow_id,
        "event": entry.event_type,
        "status": data.get("status"),
        "progress": {
            "completed": completed,
            "total": total,
            "percentage": percentage(completed, total),
        },
        "reason": data.get("reason"),
        "by": data.get("by"),
        "at": entry.created_at,
    }
    return to_json(content).decode()
