"""Generations of a quiz: start, status, resume, pause, cancel."""

import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic_core import to_json

from api.dependencies import OwnQuiz, TheClaimedQuiz, TheServices
from api.generation_schemas import Accepted, GenerateQuestions, Resumable, StatusOut, status_json
from api.problems import Problem, not_found, told
from api.services import Services, services_of
from service.requests import GenerationRequest
from service.status import GenerationStatus
from storage.tables import Quiz
from workflows.ids import parse_generation_id

router = APIRouter(prefix="/quiz/{quiz_id}", tags=["generations"])

WorkflowId = Annotated[
    str,
    Query(
        max_length=200, description="Which generation.", examples=["mcq_0b4f6f0e-3f9c-4f36-9f5e-6f1d0c7a2b11_5d1c9a7e"]
    ),
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="Any text of yours, new for each request: repeated with it, the request is answered with the same "
        "generation, however often and however late.",
    ),
]
_START = (
    "unauthorized",
    "not-found",
    "too-large",
    "active-generation",
    "not-possible",
    "invalid",
    "key-reused",
    "unavailable",
)
_ACT = ("unauthorized", "not-found", "not-possible", "needs-persistence", "invalid", "unavailable")


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
        str | None, Query(max_length=200, description="Left out: those that can be resumed.")
    ] = None,
) -> Response:
    """Where a generation stands, from the mirror alone; without `workflow_id`, those that can be resumed."""
    services = await services_of(request)  # called, not depended on: this is asked for a thousand times a second
    content = await (_resumable(services, claimed) if workflow_id is None else _one(services, claimed, workflow_id))
    body = to_json(content)
    etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if _matches(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


@router.post("/generate-questions", status_code=202, responses=told(*_START))
async def generate_questions(
    services: TheServices, quiz: OwnQuiz, body: GenerateQuestions, idempotency_key: IdempotencyKey = None
) -> Accepted:
    """Start writing questions from the quiz's documents. A 202 is never lost."""
    if not await services.quizzes.has_documents(quiz.id):
        raise Problem("not-possible", "The quiz has no documents yet; add one first: POST /quiz/{quiz_id}/documents.")
    request = GenerationRequest(body.target_question_count, body.model, body.temperature)
    service = services.generations
    start = service.resume_or_generate if body.resume_existing else service.generate
    workflow_id = await start(quiz, request, idempotency_key=idempotency_key)
    return Accepted(message="Question generation started", workflow_id=workflow_id)


@router.post("/resume-generation", status_code=202, responses=told("cannot-resume", *_ACT))
async def resume_generation(services: TheServices, quiz: OwnQuiz, workflow_id: WorkflowId) -> StatusOut:
    """Continue a generation that is paused, failed, cancelled, ended by an operator or lost; every question is kept."""
    return _out(await services.generations.resume(await _of_quiz(services, quiz, workflow_id)))


@router.post("/pause-generation", status_code=202, responses=told(*_ACT))
async def pause_generation(services: TheServices, quiz: OwnQuiz, workflow_id: WorkflowId) -> StatusOut:
    """Ask the model for nothing new. Idempotent; once the status says `paused`, no call starts."""
    return _out(await services.generations.pause(await _of_quiz(services, quiz, workflow_id)))


@router.post("/cancel-generation", status_code=202, responses=told(*_ACT))
async def cancel_generation(services: TheServices, quiz: OwnQuiz, workflow_id: WorkflowId) -> StatusOut:
    """End a generation and keep its finished questions. Idempotent."""
    return _out(await services.generations.cancel(await _of_quiz(services, quiz, workflow_id)))


async def _of_quiz(services: Services, quiz: Quiz, workflow_id: str) -> str:
    """The workflow id, when it is one of this quiz's generations; 404 for every other."""
    try:
        known = parse_generation_id(workflow_id).quiz_id == quiz.id
    except ValueError:
        known = False
    row = await services.states.load(workflow_id) if known else None
    if row is None or row.quiz_id != quiz.id:
        raise not_found()
    return workflow_id


async def _one(services: Services, claimed: TheClaimedQuiz, workflow_id: str) -> dict[str, Any]:
    known = workflow_id.isascii() and workflow_id.isprintable()
    row = await services.reads.state(workflow_id, claimed.id, claimed.owner_id) if known else None
    if row is None:
        raise not_found()
    return status_json(services.as_shown(GenerationStatus.of(row, row.waiting(), other_active=row.other_active)))


async def _resumable(services: Services, claimed: TheClaimedQuiz) -> dict[str, Any]:
    quiz = await services.quizzes.load(claimed.id)
    if quiz is None or quiz.owner_id != claimed.owner_id:
        raise not_found()
    return {"items": [status_json(one) for one in await services.generations.list_resumable(quiz.id)]}


def _out(status: GenerationStatus) -> StatusOut:
    return StatusOut.model_validate(status_json(status))


def _matches(header: str | None, etag: str) -> bool:
    """`If-None-Match` as RFC 9110 has it: a list, weak marks ignored, or any."""
    if header is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in header.split(",")]
    return etag in tags or "*" in tags
