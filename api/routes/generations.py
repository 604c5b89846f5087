"""Generations of a quiz: start, resume, pause, cancel."""

from typing import Annotated

from fastapi import APIRouter, Header, Query

from api.dependencies import OwnQuiz, TheServices
from api.generation_schemas import Accepted, GenerateQuestions, StatusOut, status_json
from api.problems import Problem, not_found, told
from api.services import Services
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
    "needs-persistence",
    "unavailable",
)
_ACT = ("unauthorized", "not-found", "not-possible", "needs-persistence", "invalid", "unavailable")


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


def _out(status: GenerationStatus) -> StatusOut:
    return StatusOut.model_validate(status_json(status))
