"""The Web UI tells the story: summaries, current details, search attributes."""

import json

from temporalio.api.sdk.v1 import WorkflowMetadata

from domain.statuses import Status
from tests.support.waiting import until
from tests.support.world import World, scheduled
from workflows.messages import OWNER_ATTRIBUTE, QUIZ_ATTRIBUTE, STATUS_ATTRIBUTE


async def test_every_activity_says_in_words_what_it_does(world: World) -> None:
    """Each scheduled activity carries a summary; a model call's names step, slot, chunk and answer."""
    workflow_id = await world.start(3)
    world.demo.fault("malformed", times=1, match=f"{workflow_id}/2/draft/")
    async with world.worker():
        await world.assert_complete(workflow_id, 3)
        events = scheduled((await world.history(workflow_id)).events)
        static = await world.handle(workflow_id).describe()
        assert await static.static_summary() == "3 questions with demo-model"
    summaries = [json.loads(event.user_metadata.summary.data or "null") for event in events]
    assert all(summaries)
    assert any(summary.startswith("draft 0 on part 1/") and summary.endswith("answer 0") for summary in summaries)
    assert any(summary.startswith("revise 2 on part ") and summary.endswith("answer 1") for summary in summaries)
    assert summaries[-1] == "completed: 3 of 3"


async def test_the_current_details_are_markdown_with_progress_and_reason(world: World) -> None:
    """What an operator sees of a paused generation: how far it is, and why it stands."""
    workflow_id = await world.start(3, workflow_window=1)
    world.demo.fault("unauthorized", match=f"{workflow_id}/1/")
    async with world.worker():
        await world.until_status(workflow_id, Status.PAUSED)
        metadata = await world.handle(workflow_id).query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
    details = metadata.current_details
    assert details.startswith("**1 of 3 questions** · paused")
    assert "- reason: the provider rejected the API key" in details


async def test_generations_are_found_by_quiz_owner_and_status(world: World) -> None:
    """The search attributes are set at the start, and the status follows pause, resume and the end."""
    quiz = await world.quiz()
    workflow_id = await world.start(3, quiz=quiz, workflow_window=1)
    world.demo.fault("server_error", times=1, match=workflow_id)  # time enough to pause

    async def found(status: str) -> bool:
        wanted = {QUIZ_ATTRIBUTE: quiz.id, OWNER_ATTRIBUTE: quiz.owner_id, STATUS_ATTRIBUTE: status}
        query = " AND ".join(f"{name} = '{value}'" for name, value in wanted.items())
        return [one.id async for one in world.temporal.list_workflows(query)] == [workflow_id]

    await until(lambda: found("running"))
    async with world.worker():
        await world.service.pause(workflow_id)
        await until(lambda: found("paused"))
        await world.service.resume(workflow_id)
        await world.assert_complete(workflow_id, 3)
        await until(lambda: found("completed"))
