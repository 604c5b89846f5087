"""Failures that pass are waited out."""

import math

from tests.support.world import World
from tests.workflow.ledger import ARRIVED, Call, of_slot, paid_twice, time_of, try_of

# One for each slot. The waits are longer than the first pause of the retry policy, so they are seen to be honoured.
ASKED_TO_WAIT = {"rate_limit_seconds": 1.5, "rate_limit_ms": 1.5, "rate_limit_date": 3, "overloaded": 1.5}
OTHERS = ["rate_limit_bare", "server_error", "bad_gateway", "timeout_408", "conflict_409", "drop", "cut"]
KINDS = [*ASKED_TO_WAIT, *OTHERS]


async def test_transient_failures_are_retried_and_the_wait_asked_for_is_honoured(world: World) -> None:
    """Each kind once, on a slot of its own: exactly N at the end, no try before its Retry-After, no answer twice."""
    workflow_id = await world.start(len(KINDS), workflow_window=len(KINDS))
    for slot, kind in enumerate(KINDS):
        wait = ASKED_TO_WAIT.get(kind, 0)
        world.demo.fault(kind, times=1, retry_after=wait, match=f"{workflow_id}/{slot}/")
    async with world.worker():
        await world.assert_complete(workflow_id, len(KINDS))
    calls = world.demo.calls(workflow_id)
    assert paid_twice(calls) == []
    for slot, kind in enumerate(KINDS):
        failed, retried = of_slot(calls, slot)[:2]
        assert (failed["outcome"], retried["outcome"]) == (kind, "answered")
        assert (try_of(failed), try_of(retried)) == (1, 2)
        if kind in ASKED_TO_WAIT:
            assert time_of(retried).timestamp() >= _earliest(kind, failed), kind


async def test_a_cut_answer_is_no_answer(world: World) -> None:
    """Half a body raises nothing in some clients; here nothing of it is kept, and the call is made again."""
    workflow_id = await world.start(1)
    world.demo.fault("cut", times=1, match=workflow_id)
    async with world.worker():
        status = await world.assert_complete(workflow_id, 1)
    calls = world.demo.calls(workflow_id)
    assert [call["outcome"] for call in calls] == ["cut", "answered"]
    assert status.calls == sum(call["outcome"] in ARRIVED for call in calls)


async def test_a_model_that_says_nothing_is_given_up_and_asked_again(world: World) -> None:
    """It holds the connection for two minutes: OPENAI_TIMEOUT ends the call, Temporal tries again, all is written."""
    workflow_id = await world.start(2, workflow_window=2)
    world.demo.fault("stall", times=1, match=f"{workflow_id}/0/")
    async with world.worker(openai_timeout=1):
        await world.assert_complete(workflow_id, 2)
    calls = of_slot(world.demo.calls(workflow_id), 0)
    assert (calls[0]["outcome"], try_of(calls[0])) == ("stall", 1)
    assert calls[-1]["outcome"] == "answered" and try_of(calls[-1]) > 1
    gave_up = await _last_failures(world, workflow_id)
    assert "the model did not answer in time" in gave_up
    assert "activity Heartbeat timeout" not in gave_up


async def _last_failures(world: World, workflow_id: str) -> set[str]:
    """Why the try before the last one failed, of each activity that was tried again."""
    started = [event.activity_task_started_event_attributes for event in (await world.history(workflow_id)).events]
    return {one.last_failure.message for one in started if one.HasField("last_failure")}


def _earliest(kind: str, failed: Call) -> float:
    """Seconds since the epoch. The ledger is written a moment before the failure is sent, in whole milliseconds."""
    began = time_of(failed).timestamp() - 0.05
    wait = ASKED_TO_WAIT[kind]
    return math.floor(began + wait) if kind == "rate_limit_date" else began + wait
