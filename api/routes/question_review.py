"""Reviews of questions: approve, reject, take back, and many at once."""

import uuid

from fastapi import APIRouter

from api.dependencies import OwnQuiz, TheServices, id_of
from api.problems import not_found, told
from api.question_schemas import Bulk, BulkAction, BulkDone, QuestionOut, Rejection
from api.routes.questions import QuestionId, still_writing
from api.services import Services
from domain.review import Decision, ReviewStatus
from storage.questions import WritingGeneration

router = APIRouter(prefix="/quiz/{quiz_id}/questions", tags=["questions"])

_READ = ("unauthorized", "not-found", "unavailable")


@router.post("/{question_id}/approve", responses=told(*_READ))
async def approve_question(services: TheServices, quiz: OwnQuiz, question_id: QuestionId) -> QuestionOut:
    """Say that a question is to be used. Idempotent; an earlier rejection is forgotten, a replaced one is back."""
    return await _decide(services, quiz.id, question_id, Decision(ReviewStatus.APPROVED))


@router.post("/{question_id}/reject", responses=told(*_READ, "too-large", "invalid"))
async def reject_question(
    services: TheServices, quiz: OwnQuiz, question_id: QuestionId, body: Rejection
) -> QuestionOut:
    """Say that a question is not to be used, and why. Idempotent; the last reason and comment stand."""
    return await _decide(services, quiz.id, question_id, Decision(ReviewStatus.REJECTED, body.reason, body.comment))


@router.post("/{question_id}/reset-review", responses=told(*_READ))
async def reset_review(services: TheServices, quiz: OwnQuiz, question_id: QuestionId) -> QuestionOut:
    """Take a review back: the question is unreviewed again. Idempotent."""
    return await _decide(services, quiz.id, question_id, Decision(ReviewStatus.UNREVIEWED))


@router.post("/bulk", responses=told(*_READ, "not-possible", "too-large", "invalid"))
async def review_many(services: TheServices, quiz: OwnQuiz, body: Bulk) -> BulkDone:
    """Approve, reject or delete up to 200 questions, all or none.

    If one id is not of this quiz, the answer is 404 and nothing has changed; the same for a 409, when a generation
    that wrote one of those to be deleted is active. Approving and rejecting are idempotent: what is so already does
    not count as changed.
    """
    if body.action is BulkAction.DELETE:
        try:
            deleted = await services.questions.delete(quiz.id, body.question_ids)
        except WritingGeneration as writing:
            raise still_writing(writing) from None
        changed = body.question_ids if deleted else None
    else:
        decided = await services.questions.decide(quiz.id, body.question_ids, body.decision())
        changed = decided.changed if decided else None
    if changed is None:
        raise not_found()
    return BulkDone(action=body.action, requested=len(body.question_ids), changed=len(changed), question_ids=changed)


async def _decide(services: Services, quiz_id: uuid.UUID, question_id: str, decision: Decision) -> QuestionOut:
    decided = await services.questions.decide(quiz_id, [id_of(question_id)], decision)
    if decided is None:
        raise not_found()
    return QuestionOut.of(decided.questions[0])
