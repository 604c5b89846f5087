"""With keys, what Temporal keeps and shows holds no content; with the codec server, people who may read it do."""

import re

import pytest

import activities.content
from domain.statuses import Status
from tests.payloads.conftest import SwitchOn, Trouble
from tests.payloads.running import CodecServer, Said, temporal
from tests.support.content import sample_chapter
from tests.support.waiting import until
from tests.support.world import World
from tests.unit.payloads.made import NEW, OLD
from writing.content import NoContent


async def _content(world: World, workflow_id: str) -> set[str]:
    """Everything that nobody is to read: stems, options, explanations, and each sentence of the content."""
    found = set(re.split(r"(?<=[.?!])\s+|\n+", sample_chapter().text))
    for question in await world.service.questions(workflow_id):
        found |= {question.stem, question.explanation or "", *(option["text"] for option in question.options)}
    # Shorter words stand in every history for other reasons.
    return {text for text in found if len(text) >= 12}


def _assert_nothing_of(content: set[str], *said: Said) -> None:
    for one in said:
        assert one.code == 0, one.err
        assert [text for text in content if text in one.text] == []


async def test_a_generation_leaves_nothing_readable(world: World, trouble: Trouble, switch_on: SwitchOn) -> None:
    """From start to end, with failures on the way, in each view of Temporal's own command."""
    await switch_on(OLD)
    address = world.settings.temporal_address
    trouble.after = 3
    with CodecServer(NEW, OLD) as server:
        workflow_id = await world.start(8)
        of_it = ["--workflow-id", workflow_id]
        async with world.worker():

            async def keeps_failing() -> int:
                description = (await world.handle(workflow_id).describe()).raw_description
                return max((activity.attempt for activity in description.pending_activities), default=0)

            await until(keeps_failing, lambda attempt: attempt > 1)
            views = [["describe", *of_it, "-o", "json"], ["describe", *of_it]]
            during = [await temporal(address, "workflow", *view) for view in views]
            query = ["workflow", "query", *of_it, "--type", "progress"]
            asked = await temporal(address, *query)
            strangers = [await temporal(address, *query, *server.options(wrong)) for wrong in (None, "wrong")]
            details = await temporal(address, "workflow", "metadata", *of_it, *server.options())
            trouble.over()
            await world.assert_complete(workflow_id, 8)
            await world.until_closed(workflow_id)
        content = await _content(world, workflow_id)
        assert len(content) > 60
        show = ["workflow", "show", *of_it]
        after = [
            await temporal(address, *show, "-o", "json"),
            await temporal(address, *show, "--detailed"),
            await temporal(address, "workflow", "describe", *of_it, "-o", "json"),
        ]
        _assert_nothing_of(
            content | {Trouble.WORDS, "model/client.py", "split content into chunks", "answers: "},
            *during,
            asked,
            *after,
        )
        assert "Encoded failure" in during[0].text and "binary/encrypted" in after[0].text

        assert "in_flight" not in asked.text
        assert "answers: " in details.text
        for one in strangers:
            assert one.code != 0 and "Unauthorized" in one.err and "CODEC_SERVER_TOKEN" in one.err
            assert "in_flight" not in one.text

        # Who may read, reads: questions, failures and summaries.
        shown = await temporal(address, *show, "-o", "json", *server.options())
        assert shown.code == 0, shown.err
        stems = [question.stem for question in await world.service.questions(workflow_id)]
        assert [stem for stem in stems if stem not in shown.text] == []
        assert Trouble.WORDS in shown.text

        # Who may not, gets nothing.
        refused = await temporal(address, *show, "-o", "json", *server.options(None))
        assert refused.code != 0
        _assert_nothing_of(content, Said(0, refused.out, refused.err))
    assert "/decode 200" in server.log and "/decode 401" in server.log
    _assert_nothing_of(content | {Trouble.WORDS}, Said(0, server.log, ""))


async def test_a_generation_that_fails_tells_only_us(
    world: World, switch_on: SwitchOn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason is in the mirror, for the owner; in Temporal it is encrypted, and its kind is not."""

    async def refuse(*_: object) -> None:
        raise NoContent(Trouble.WORDS)

    monkeypatch.setattr(activities.content, "prepare", refuse)
    await switch_on(OLD)
    workflow_id = await world.start(2)
    async with world.worker():
        status = await world.until_status(workflow_id, Status.FAILED)
        await world.until_closed(workflow_id)
    assert Trouble.WORDS in (status.error or "")
    for view in (["show", "-o", "json"], ["show"], ["describe"], ["describe", "-o", "json"]):
        said = await temporal(world.settings.temporal_address, "workflow", *view, "--workflow-id", workflow_id)
        _assert_nothing_of({Trouble.WORDS, "canary"}, said)
    assert "NoContent" in said.text or "Encoded failure" in said.text


async def test_what_is_never_encrypted_holds_no_content(world: World, switch_on: SwitchOn) -> None:
    """Search attributes are ids and a status; there is no memo."""
    await switch_on(OLD)
    workflow_id = await world.start(1)
    description = await world.handle(workflow_id).describe()
    attributes = {pair.key.name: pair.value for pair in description.typed_search_attributes}
    ours = {name: value for name, value in attributes.items() if name.startswith("Mcq")}
    row = await world.states.load(workflow_id)
    assert row is not None
    assert set(ours) == {"McqQuizId", "McqOwnerId", "McqStatus"}
    assert ours["McqQuizId"] == str(row.quiz_id) and ours["McqStatus"] == "running"
    assert await description.memo() == {}
