"""Real course text: three chapters of a textbook, where one lies beside the repository."""

from domain.linter import lint_item
from domain.linter.flaw import Severity
from domain.question import Option, Question
from domain.statuses import Status
from storage.quizzes import NewDocument
from storage.tables import QuestionRow
from tests.support.content import textbook
from tests.support.world import World

# Long enough to hold a chapter's worth of facts.
CHAPTER = 18_000


async def test_fifty_questions_from_three_chapters_have_no_error(world: World) -> None:
    """Exactly 50, all different, none with a linter error, each with a quote that stands in its chapter."""
    chapters = [module for module in textbook() if len(module["text"]) > CHAPTER][:3]
    documents = [NewDocument(f"{one['module']}.md", one["title"], one["text"]) for one in chapters]
    workflow_id = await world.start(50, quiz=await world.quiz(*documents))
    async with world.worker():
        status = await world.until_status(workflow_id, Status.COMPLETED, Status.FAILED, seconds=180)
    assert (status.status, status.completed) == (Status.COMPLETED, 50), status.error
    questions = await world.service.questions(workflow_id)
    assert len({question.stem for question in questions}) == 50
    texts = {document.name: document.text for document in documents}
    for question in questions:
        assert not errors(question), question.stem
        source = question.source
        assert texts[source["document"]][source["start"] : source["end"]].split() == source["quote"].split()


def errors(row: QuestionRow) -> list[str]:
    """The linter's errors, looked for anew."""
    question = Question(
        stem=row.stem,
        options=tuple(Option(**option) for option in row.options),
        key=row.key,
        explanation=row.explanation,
        quote=row.source["quote"],
        difficulty=row.difficulty,
        bloom=row.bloom,
    )
    return [flaw.detail for flaw in lint_item(question) if flaw.severity is Severity.ERROR]
