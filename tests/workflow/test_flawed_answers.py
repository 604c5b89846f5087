"""A question with flaws goes back to the model with exactly these problems."""

from storage.tables import ModelCall
from tests.support.world import World
from tests.workflow.history import inputs_of


async def test_a_flawed_answer_goes_back_with_its_problems_and_is_accepted_later(world: World) -> None:
    """The revision is given every error the linter recorded, word for word; its answer becomes the question."""
    workflow_id = await world.start(2)
    world.demo.fault("flawed", times=1, match=f"{workflow_id}/0/draft/0/")
    async with world.worker():
        status = await world.assert_complete(workflow_id, 2)
        draft = await world.calls.find(workflow_id, 0, "draft", 0)
        assert draft is not None and draft.question is not None
        errors = [flaw["detail"] for flaw in draft.flaws if flaw["severity"] == "error"]
        assert errors
        revisions = [given for given in await inputs_of(world, workflow_id, "question.revise") if given["slot"] == 0]
        assert revisions[0]["problems"][: len(errors)] == errors
        assert revisions[0]["attempt"] == 1
    question = (await world.service.questions(workflow_id))[0]
    last = await _last_answer(world, workflow_id)
    assert last.question is not None and question.stem == last.question["stem"] != draft.question["stem"]
    assert status.revised >= 1 and status.rejected >= 1


async def _last_answer(world: World, workflow_id: str) -> ModelCall:
    last = await world.calls.latest(workflow_id, 0, before_attempt=1_000)
    assert last is not None
    return last
