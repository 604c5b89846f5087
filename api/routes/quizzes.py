"""Quizzes: create, list, read, change, delete."""

from fastapi import APIRouter

from api.cursors import AskedPage
from api.dependencies import OwnQuiz, TheCaller, TheServices
from api.problems import Problem, told
from api.schemas import ChangedQuiz, NewQuiz, QuizOut, QuizPage
from storage.tables import Quiz

router = APIRouter(prefix="/quiz", tags=["quizzes"])


@router.post("", status_code=201, responses=told("unauthorized", "too-large", "invalid", "unavailable"))
async def create_quiz(services: TheServices, caller: TheCaller, body: NewQuiz) -> QuizOut:
    """Create a quiz. Add documents next."""
    if not await services.accounts.exists(caller.id):
        raise Problem("unauthorized", "The account of this token is gone.", headers={"WWW-Authenticate": "Bearer"})
    quiz = Quiz(owner_id=caller.id, title=body.title, language=body.language)
    return QuizOut.of(await services.quizzes.create(quiz, []))


@router.get("", responses=told("unauthorized", "invalid", "unavailable"))
async def list_quizzes(services: TheServices, caller: TheCaller, page: AskedPage) -> QuizPage:
    """The caller's quizzes, newest first."""
    rows = await services.quizzes.of_owner(caller.id, after=page.after, limit=page.limit + 1)
    shown, next_cursor = page.cut(rows, lambda quiz: (quiz.created_at, quiz.id))
    return QuizPage(items=[QuizOut.of(quiz) for quiz in shown], next_cursor=next_cursor)


@router.get("/{quiz_id}", responses=told("unauthorized", "not-found", "unavailable"))
async def read_quiz(quiz: OwnQuiz) -> QuizOut:
    """One quiz."""
    return QuizOut.of(quiz)


@router.patch("/{quiz_id}", responses=told("unauthorized", "not-found", "too-large", "invalid", "unavailable"))
async def change_quiz(services: TheServices, quiz: OwnQuiz, body: ChangedQuiz) -> QuizOut:
    """Change title or language. A generation that runs keeps the language that it was started with."""
    changed = await services.quizzes.change(quiz.id, body.model_dump(exclude_none=True))
    return QuizOut.of(changed or quiz)


@router.delete(
    "/{quiz_id}", status_code=204, responses=told("unauthorized", "not-found", "not-possible", "unavailable")
)
async def delete_quiz(services: TheServices, quiz: OwnQuiz) -> None:
    """Delete a quiz with its documents, questions and the log of its generations. Not while one is active."""
    active = await services.quizzes.delete(quiz.id)
    if active is not None:
        raise Problem(
            "not-possible",
            f"The generation {active} of this quiz is active; cancel it first.",
            extra={"workflow_id": active},
        )
