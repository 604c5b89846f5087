"""Questions of a quiz: list, read, edit, delete, and ask for another in the place of one."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from fastapi.exceptions import RequestValidationError

from api.cursors import AskedPage
from api.dependencies import OwnQuiz, TheServices, id_of
from api.generation_schemas import Accepted
from api.problems import Problem, not_found, told
from api.question_schemas import ChangedQuestion, QuestionOut, QuestionPage
from api.routes.generations import IdempotencyKey
from domain.review import InvalidEdit, ReviewStatus
from domain.statuses import Bloom, Difficulty
from service.requests import GenerationRequest
from storage.questions import Wanted, WritingGeneration
from storage.tables import QuestionRow

router = APIRouter(prefix="/quiz/{quiz_id}/questions", tags=["questions"])

QuestionId = Annotated[
    str, Path(json_schema_extra={"format": "uuid"}, examples=["5b2f1c3e-7a44-5d0b-8f43-0d7f8f2f9a10"])
]
_READ = ("unauthorized", "not-found", "unavailable")


async def _own_question(services: TheServices, quiz: OwnQuiz, question_id: QuestionId) -> QuestionRow:
    question = await services.questions.load(quiz.id, id_of(question_id))
    if question is None:
        raise not_found()
    return question


# A question of this caller's quiz; 404 for another's, the same as for none.
OwnQuestion = Annotated[QuestionRow, Depends(_own_question)]


def _wanted(
    workflow_id: Annotated[
        str | None,
        Query(max_length=200, pattern=r"^[\x21-\x7e]+$", description="Only those that this generation wrote."),
    ] = None,
    review_status: Annotated[
        list[ReviewStatus],
        Query(description="Only these; may be repeated. Left out: all but the replaced ones."),
    ] = [],  # noqa: B006 - FastAPI copies it
    difficulty: Annotated[list[Difficulty], Query(description="Only these; may be repeated.")] = [],  # noqa: B006
    bloom: Annotated[list[Bloom], Query(description="Only these; may be repeated.")] = [],  # noqa: B006
) -> Wanted:
    return Wanted(workflow_id, frozenset(review_status), frozenset(difficulty), frozenset(bloom))


@router.get("", responses=told(*_READ, "invalid"))
async def list_questions(
    services: TheServices, quiz: OwnQuiz, page: AskedPage, wanted: Annotated[Wanted, Depends(_wanted)]
) -> QuestionPage:
    """The questions of a quiz, oldest first. A replaced one is shown only with `review_status=replaced`.

    While a generation is active, a question can land before the place that a cursor names: list anew when it is done.
    """
    rows = await services.questions.of_quiz(quiz.id, wanted, after=page.after, limit=page.limit + 1)
    shown, next_cursor = page.cut(rows, lambda row: (row.created_at, row.id))
    return QuestionPage(items=[QuestionOut.of(row) for row in shown], next_cursor=next_cursor)


@router.get("/{question_id}", responses=told(*_READ))
async def read_question(question: OwnQuestion) -> QuestionOut:
    """One question, replaced or not."""
    return QuestionOut.of(question)


@router.patch("/{question_id}", responses=told(*_READ, "too-large", "invalid"))
async def edit_question(
    services: TheServices, quiz: OwnQuiz, question_id: QuestionId, body: ChangedQuestion
) -> QuestionOut:
    """Change a question; what is left out stays. Its flaws are looked for anew.

    It has to be reviewed again, unless only difficulty or Bloom level changed: those are labels, not what was judged.
    An edit that changes nothing leaves everything as it is.
    """
    try:
        row = await services.questions.edit(quiz.id, id_of(question_id), body.edit())
    except InvalidEdit as error:
        problems = [{"loc": ("body", *where), "msg": what, "type": "value_error"} for where, what in error.problems]
        raise RequestValidationError(problems) from None
    if row is None:
        raise not_found()
    return QuestionOut.of(row)


@router.delete("/{question_id}", status_code=204, responses=told(*_READ, "not-possible"))
async def delete_question(services: TheServices, quiz: OwnQuiz, question_id: QuestionId) -> None:
    """Delete a question for good. Not while its generation is active, which could write it again.

    If its generation ended early and is resumed, it fills the empty place: it owes as many questions as were asked
    for. To keep a question away from a quiz, reject it.
    """
    try:
        if not await services.questions.delete(quiz.id, [id_of(question_id)]):
            raise not_found()
    except WritingGeneration as writing:
        raise still_writing(writing) from None


@router.post(
    "/{question_id}/regenerate",
    status_code=202,
    responses=told(*_READ, "active-generation", "not-possible", "invalid", "key-reused"),
)
async def regenerate_question(
    services: TheServices, quiz: OwnQuiz, question: OwnQuestion, idempotency_key: IdempotencyKey = None
) -> Accepted:
    """Ask for another question in the place of this one: on the same content, as hard, and asking something else.

    A generation of one question; a 202 is never lost. When the new question is there, this one is `replaced`; until
    then, and if no question can be made, it stays as it is. Approve it, and it is back.
    """
    # A repetition is answered as the first request was, which has replaced the question by now.
    repeated = idempotency_key is not None and await services.questions.asked_before(quiz.owner_id, idempotency_key)
    if not repeated:
        if question.review_status == ReviewStatus.REPLACED:
            raise Problem("not-possible", "The question was replaced already; regenerate the one in its place.")
        if not await services.quizzes.has_documents(quiz.id):
            raise Problem("not-possible", "The quiz has no documents any more; add one first.")
    request = GenerationRequest(1, replaces=question.id)
    workflow_id = await services.generations.generate(quiz, request, idempotency_key=idempotency_key)
    return Accepted(message="Question regeneration started", workflow_id=workflow_id)


def still_writing(writing: WritingGeneration) -> Problem:
    """The problem of a deletion during the generation that wrote the question."""
    return Problem(
        "not-possible",
        f"The generation {writing.workflow_id} that writes these questions is active; wait for it or cancel it first.",
        extra={"workflow_id": writing.workflow_id},
    )
