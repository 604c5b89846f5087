"""Server-sent events of a quiz: progress, and each question as it lands."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic_core import to_json

from api.dependencies import Caller, OwnQuiz, TheCaller, TheServices
from api.generation_schemas import status_json
from api.live import Position, position_of
from api.problems import told
from api.services import Services
from metrics.http import sse_reader
from service.status import GenerationStatus
from storage.tables import Quiz

router = APIRouter(prefix="/quiz/{quiz_id}", tags=["generations"])

# Milliseconds after which a browser that lost the stream asks again.
RECONNECT = 2_000

LastEventId = Annotated[
    str | None,
    Header(
        pattern=r"^\d{1,18}(\.\d{1,7})?$",
        description="The id of the last event that was seen: the stream goes on after it, without gap or repeat. "
        "`0` tells everything from the beginning. Browsers send it by themselves.",
    ),
]


_EXAMPLE = """event: status
data: {"workflow_id": "mcq_…", "status": "running", "progress": {"completed": 0, "total": 50, "percentage": 0.0}, …}
id: 41.1000000
retry: 2000

event: question
data: {"id": "…", "workflow_id": "mcq_…", "slot": 3, "stem": "Which organelle makes most of a cell's ATP?", …}
id: 42.0

event: progress
data: {"workflow_id": "mcq_…", "event": "checkpoint", "status": "running",
data:  "progress": {"completed": 1, "total": 50, "percentage": 2.0}, "reason": null, "by": null, "at": "…"}
id: 42.1

"""


@router.get(
    "/events",
    response_class=EventSourceResponse,
    responses={
        200: {
            "description": "`status` is as StatusOut, `question` as QuestionOut.",
            "content": {"text/event-stream": {"example": _EXAMPLE}},
        },
        **told("unauthorized", "not-found", "invalid", "unavailable"),
    },
)
async def events(
    services: TheServices, caller: TheCaller, quiz: OwnQuiz, last_event_id: LastEventId = None
) -> AsyncIterator[ServerSentEvent]:
    """`status` first (the active generation, else the newest, or null), then `question` and `progress` as they happen.

    With `Last-Event-ID` only what came after it. Every event has an id.
    """
    with sse_reader():
        after = await services.live.head(quiz.id)
        if last_event_id:
            after = min(after, position_of(last_event_id))  # an id from before a restored backup may be ahead
        if not last_event_id:
            yield await _status(services, caller, quiz, after)
        async for message in services.live.follow(quiz.id, after, until=caller.signed_in_until):
            yield message.event


async def _status(services: Services, caller: Caller, quiz: Quiz, after: Position) -> ServerSentEvent:
    """Read after `after` was: what happens in between is told again as progress, and nothing is left out."""
    row = await services.reads.newest_state(quiz.id, caller.id)
    shown = (
        status_json(services.as_shown(GenerationStatus.of(row, row.waiting(), other_active=row.other_active)))
        if row
        else None
    )
    return ServerSentEvent(raw_data=to_json(shown).decode(), event="status", id="{}.{}".format(*after), retry=RECONNECT)
