"""The main behaviour: exactly the questions asked for."""

from domain.statuses import Status
from tests.support.world import World


async def test_a_generation_ends_with_exactly_the_questions_asked_for(world: World) -> None:
    """N questions, slots 0 to N-1 once each, every one without an error, one model call recorded for each answer."""
    workflow_id = await world.start(12)
    async with world.worker():
        status = await world.until_status(workflow_id, Status.COMPLETED, Status.FAILED)
        await world.handle(workflow_id).result()
    assert (status.status, status.completed, status.error) == (Status.COMPLETED, 12, None)
    questions = await world.service.questions(workflow_id)
    assert [question.slot for question in questions] == list(range(12))
    assert len({question.stem for question in questions}) == 12
    for question in questions:
        document = (await world.quizzes.documents(question.quiz_id))[0]
        source = question.source
        assert source["quote"] and document.text[source["start"] : source["end"]].split() == source["quote"].split()
    answered = [call for call in world.demo.calls(workflow_id) if call["outcome"] == "answered"]
    assert len(answered) == status.calls
