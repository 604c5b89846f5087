"""The reason why a generation stands still, when Temporal has it encrypted."""

from datetime import UTC, datetime

from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionResponse

from service.stalls import FAILED_OFTEN, Stalled, read_failures, stall_of
from temporal_client import connect
from tests.payloads.conftest import SwitchOn, Trouble
from tests.support.waiting import until
from tests.support.world import World
from tests.unit.payloads.made import NEW, OLD


async def test_a_step_that_keeps_failing_is_told_to_those_with_the_key(
    world: World, trouble: Trouble, switch_on: SwitchOn
) -> None:
    """Its own words with the key; without it, that they cannot be read, and nothing of them."""
    client = await switch_on(OLD)
    trouble.after = 0
    workflow_id = await world.start(1)

    async def description() -> DescribeWorkflowExecutionResponse:
        return (await world.handle(workflow_id).describe()).raw_description

    async with world.worker():
        found = await until(
            description, lambda seen: any(one.attempt > FAILED_OFTEN for one in seen.pending_activities), 60
        )
        trouble.over()
        await world.assert_complete(workflow_id, 1)
    sealed = found.SerializeToString()
    assert Trouble.WORDS.encode() not in sealed

    async def told(reader: object) -> Stalled:
        copy = DescribeWorkflowExecutionResponse.FromString(sealed)
        await read_failures(reader, copy)  # type: ignore[arg-type]
        stall = stall_of(copy, datetime.now(UTC))
        assert stall is not None
        return stall

    with_key = await told(client)
    assert with_key["reason"].startswith("question.draft keeps failing:") and Trouble.WORDS in with_key["reason"]
    other = await switch_on(NEW)
    without = await told(other)
    assert f"'{OLD.id}'" in without["reason"] and "cannot be read here" in without["reason"]
    assert Trouble.WORDS not in without["reason"]
    # Whoever has no keys at all reads nothing either, and it does not fail.
    plain = await told(await connect(world.settings.model_copy(update={"payload_keys": None})))
    assert Trouble.WORDS not in plain["reason"]
