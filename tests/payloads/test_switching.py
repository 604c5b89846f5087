"""Keys come, change and go while generations run."""

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from payloads.codec import KEY_ID
from payloads.converter import converter_with
from payloads.keys import Key
from tests.payloads.conftest import SwitchOn, Trouble
from tests.payloads.running import CodecServer, temporal
from tests.replay.nodes import not_called
from tests.replay.replaying import stored, taking
from tests.support.world import World
from tests.unit.payloads.made import NEW, OLD
from worker import workflow_options
from workflows.messages import GenerationResult
from workflows.question_graph import build_question_graph
from workflows.quiz_generation import check


async def _replay(history: WorkflowHistory, *keys: Key) -> Exception | None:
    options = workflow_options(build_question_graph(not_called, not_called, check))
    replayer = Replayer(**options, data_converter=converter_with(keys))
    return (await replayer.replay_workflow(history, raise_on_replay_failure=False)).replay_failure


def _keys_of(history: WorkflowHistory) -> set[str]:
    """The ids of the keys that stand in the nodes' inputs and results; empty for plain text."""
    found = set()
    for event in history.events:
        for attributes in (
            event.activity_task_scheduled_event_attributes.input,
            event.activity_task_completed_event_attributes.result,
        ):
            found |= {payload.metadata.get(KEY_ID, b"").decode() for payload in attributes.payloads}
    return found


async def _until_three_are_made(world: World, trouble: Trouble, questions: int) -> str:
    """A generation that stands still after three questions or so, without a worker."""
    trouble.after = 3
    workflow_id = await world.start(questions, window=1)
    async with world.worker():
        await world.until_completed(workflow_id, 2)
    trouble.over()
    return workflow_id


async def test_it_can_be_switched_on_for_running_generations(
    world: World, trouble: Trouble, switch_on: SwitchOn
) -> None:
    """What was written before stays readable, what comes is encrypted, and the whole history replays."""
    workflow_id = await _until_three_are_made(world, trouble, 6)
    assert _keys_of(await world.history(workflow_id)) == {""}
    await switch_on(OLD)
    async with world.worker():
        await world.assert_complete(workflow_id, 6)
        await world.until_closed(workflow_id)
    history = await world.history(workflow_id)
    assert _keys_of(history) == {"", OLD.id}
    assert await _replay(history, OLD) is None


async def test_keys_can_be_changed_for_running_generations(world: World, trouble: Trouble, switch_on: SwitchOn) -> None:
    """The new key first, the old one second: what either encrypted is read, by workers, commands and people."""
    await switch_on(OLD)
    workflow_id = await _until_three_are_made(world, trouble, 6)
    await switch_on(NEW, OLD)
    async with world.worker():
        await world.assert_complete(workflow_id, 6)
        await world.until_closed(workflow_id)
    result = await world.temporal.get_workflow_handle(workflow_id, result_type=GenerationResult).result()
    assert result.questions == 6
    history = await world.history(workflow_id)
    assert _keys_of(history) == {OLD.id, NEW.id}
    assert await _replay(history, NEW, OLD) is None

    stems = [question.stem for question in await world.service.questions(workflow_id)]
    show = ["workflow", "show", "-o", "json", "--workflow-id", workflow_id]
    with CodecServer(NEW, OLD) as server:
        said = await temporal(world.settings.temporal_address, *show, *server.options())
    assert said.code == 0 and [stem for stem in stems if stem not in said.text] == []


async def test_a_key_that_was_taken_away_too_soon_is_named(
    world: World, trouble: Trouble, switch_on: SwitchOn, caplog: pytest.LogCaptureFixture
) -> None:
    """In the logs of worker and codec server. Nothing is lost: with the key back, it goes on."""
    await switch_on(OLD)
    workflow_id = await _until_three_are_made(world, trouble, 4)
    assert await _replay(await world.history(workflow_id), NEW) is not None
    assert f"'{OLD.id}', which is not among {NEW.id}; add that key to PAYLOAD_KEYS" in caplog.text
    show = ["workflow", "show", "-o", "json", "--workflow-id", workflow_id]
    with CodecServer(NEW) as server:
        said = await temporal(world.settings.temporal_address, *show, *server.options())
    assert said.code != 0
    assert f"'{OLD.id}', which is not among {NEW.id}; add that key to PAYLOAD_KEYS" in server.log
    await switch_on(NEW, OLD)
    async with world.worker():
        await world.assert_complete(workflow_id, 4)


@pytest.mark.parametrize("name", [*taking("plain"), *taking("resumed_after_failure")])
async def test_histories_of_before_replay_with_keys(name: str) -> None:
    """A worker that was given keys takes up what it wrote without them."""
    assert await _replay(stored(name), NEW, OLD) is None
