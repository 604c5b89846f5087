"""A slot whose chunk gives no usable answer is handed to another chunk."""

from domain.statuses import Status
from tests.support.world import World
from tests.workflow.ledger import key_of, of_slot, paid_twice


async def test_a_slot_is_handed_to_another_chunk(world: World) -> None:
    """After the last answer that its chunk may give, the slot starts anew with a draft on other text."""
    answers = world.settings.workflow_max_retries
    workflow_id = await world.start(4)
    world.demo.fault("malformed", times=answers, match=f"{workflow_id}/0/")
    async with world.worker():
        await world.assert_complete(workflow_id, 4)
    steps = [key_of(call)[1:] for call in of_slot(world.demo.calls(workflow_id), 0)]
    assert steps[: answers + 1] == [("draft", 0), ("revise", 1), ("revise", 2), ("draft", answers)]
    first = await world.calls.find(workflow_id, 0, "draft", 0)
    taker = await world.calls.find(workflow_id, 0, "draft", answers)
    assert first is not None and taker is not None and first.chunk_id != taker.chunk_id


async def test_when_nothing_is_left_it_fails_with_the_count_and_a_resume_completes(world: World) -> None:
    """`wrote k of N`, the finished questions kept; a resume asks for new answers and keeps the others."""
    workflow_id = await world.start(4)
    world.demo.fault("refusal", match=f"{workflow_id}/1/")
    async with world.worker():
        failed = await world.until_ended(workflow_id)
        assert (failed.status, failed.completed, failed.can_resume) == (Status.FAILED, 3, True)
        assert failed.error is not None and failed.error.startswith("wrote 3 of 4 questions")
        kept = await world.service.questions(workflow_id)
        assert [question.slot for question in kept] == [0, 2, 3]
        before = world.demo.calls(workflow_id)

        world.demo.clear_faults()
        await world.service.resume(workflow_id)
        status = await world.assert_complete(workflow_id, 4)
    calls = world.demo.calls(workflow_id)
    assert {key_of(call)[0] for call in calls[len(before) :]} == {1}
    assert paid_twice(calls) == []
    finished = {question.slot: question.id for question in await world.service.questions(workflow_id)}
    assert {question.slot: question.id for question in kept}.items() <= finished.items()
    assert status.calls == len(calls)
