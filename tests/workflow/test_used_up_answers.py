"""What a resume after a failure pays for is read by every later run, and what was used up before it by none."""

import pytest

from domain.statuses import Status
from tests.support.waiting import until
from tests.support.world import World, scheduled
from tests.workflow.ledger import key_of, of_slot, paid_twice


@pytest.mark.parametrize("end", ["reset", "terminate"])
async def test_a_resumed_failure_that_is_ended_from_outside_goes_on_where_it_was(world: World, end: str) -> None:
    """The new run begins behind the answers of the failed one: its own first answer is read and not asked for again."""
    workflow_id = await world.start(3)
    world.demo.fault("refusal", match=f"{workflow_id}/1/")
    async with world.worker():
        assert (await world.until_ended(workflow_id)).status is Status.FAILED
        await world.until_closed(workflow_id)
        used_up = len(of_slot(world.demo.calls(workflow_id), 1))

        # An answer that is sent back, and a revision that never comes.
        world.demo.clear_faults()
        world.demo.fault("malformed", times=1, match=f"{workflow_id}/1/")
        world.demo.fault("stall", match=f"{workflow_id}/1/revise/")
        await world.service.resume(workflow_id)
        await until(lambda: _revisions(world, workflow_id), lambda count: count == 1)
        world.demo.clear_faults()
        if end == "reset":
            await world.reset(workflow_id, reason="a new prompt")
        else:
            await world.handle(workflow_id).terminate(reason="for the test")
            await world.service.reconcile(workflow_id)
            await world.service.resume(workflow_id)
        status = await world.assert_complete(workflow_id, 3)
    calls = world.demo.calls(workflow_id)
    again = [key_of(call)[1:] for call in of_slot(calls, 1)[used_up:]]
    assert again[0] == ("draft", used_up)
    assert {key[0] for key in again[1:]} == {"revise"} and {key[1] for key in again[1:]} == {used_up + 1}
    assert paid_twice(calls) == []
    assert status.calls == len({key_of(call) for call in calls})


async def _revisions(world: World, workflow_id: str) -> int:
    return len(scheduled((await world.history(workflow_id)).events, "question.revise"))
