"""Where a generation stands: what pages ask for again and again."""

import hashlib
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.routing import APIRoute
from pydantic_core import to_json

from api.dependencies import ClaimedQuiz, TheClaimedQuiz, claimed_quiz, token_of
from api.generation_schemas import Resumable, StatusOut, status_json
from api.problems import not_found, told
from api.services import Services, services_of
from service.status import GenerationStatus

LONGEST_ID = 200


class _PlainFirst(APIRoute):
    """Takes the plain request by hand, and leaves every other to FastAPI.

    Asked for a thousand times a second: reading a token, a path and one parameter through dependencies costs as much as
    the rest of the request. See docs/decisions/0016-a-second-way-to-postgresql-for-reads-that-must-be-fast.md.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's own extension point."""
        any_request = super().get_route_handler()

        async def handle(request: Request) -> Response:
            asked = request.query_params.getlist("workflow_id")
            if len(asked) != 1 or len(asked[0]) > LONGEST_ID:
                return await any_request(request)
            claimed = await claimed_quiz(request, token_of(request), request.path_params["quiz_id"])
            return _answer(request, await _one(await services_of(request), claimed, asked[0]))

        return handle


router = APIRouter(prefix="/quiz/{quiz_id}", tags=["generations"], route_class=_PlainFirst)


@router.get(
    "/generation-status",
    response_model=StatusOut | Resumable,
    responses={
        304: {"description": "Nothing changed since the answer with that ETag."},
        **told("unauthorized", "not-found", "invalid", "unavailable"),
    },
)
async def generation_status(
    request: Request,
    claimed: TheClaimedQuiz,
    workflow_id: Annotated[
        str | None, Query(max_length=LONGEST_ID, description="Left out: those that can be resumed.")
    ] = None,
) -> Response:
    """Where a generation stands, from the mirror alone; without `workflow_id`, those that can be resumed."""
    services = await services_of(request)
    if workflow_id is None:
        return _answer(request, await _resumable(services, claimed))
    return _answer(request, await _one(services, claimed, workflow_id))


def _answer(request: Request, content: dict[str, Any]) -> Response:
    body = to_json(content)
    etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if _matches(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


async def _one(services: Services, claimed: ClaimedQuiz, workflow_id: str) -> dict[str, Any]:
    known = workflow_id.isascii() and workflow_id.isprintable()
    row = await services.reads.state(workflow_id, claimed.id, claimed.owner_id) if known else None
    if row is None:
        raise not_found()
    return status_json(services.as_shown(GenerationStatus.of(row, row.waiting(), other_active=row.other_active)))


async def _resumable(services: Services, claimed: ClaimedQuiz) -> dict[str, Any]:
    quiz = await services.quizzes.load(claimed.id)
    if quiz is None or quiz.owner_id != claimed.owner_id:
        raise not_found()
    return {"items": [status_json(one) for one in await services.generations.list_resumable(quiz.id)]}


def _matches(header: str | None, etag: str) -> bool:
    """`If-None-Match` as RFC 9110 has it: a list, weak marks ignored, or any."""
    if header is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in header.split(",")]
    return etag in tags or "*" in tags
