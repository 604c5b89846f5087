"""A provider that stays away pauses the generation; nobody has to watch it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from domain.statuses import Status
from storage.model_calls import ModelCallStore
from storage.tables import ModelCall
from tests.support.world import World
from tests.workflow.ledger import try_of
from writing.patience import FIRST_PAUSE

PATIENCE = 0.6
RETRY_AFTER = 0.2


async def test_an_outage_longer_than_our_patience_pauses_with_the_reason(world: World) -> None:
    """No try alone outlasts the patience: the begin of the outage survives from try to try. Resume completes."""
    workflow_id = await world.start(3, workflow_window=1)
    world.demo.fault("overloaded", retry_after=RETRY_AFTER, match=workflow_id)
    async with world.worker(workflow_outage_patience=PATIENCE):
        paused = await world.until_status(workflow_id, Status.PAUSED)
        assert paused.error is not None and "overloaded (503)" in paused.error and "resume" in paused.error
        assert paused.waiting is None
        tries = [try_of(call) for call in world.demo.calls(workflow_id)]
        assert tries == list(range(1, len(tries) + 1)) and len(tries) >= 2
        world.demo.clear_faults()
        await world.service.resume(workflow_id)
        await world.assert_complete(workflow_id, 3)


async def test_patience_starts_anew_after_a_resume(world: World) -> None:
    """An outage that goes on after a resume is given the whole patience again, not one try."""
    workflow_id = await world.start(2, workflow_window=1)
    world.demo.fault("overloaded", retry_after=RETRY_AFTER, match=workflow_id)
    async with world.worker(workflow_outage_patience=PATIENCE):
        await world.until_status(workflow_id, Status.PAUSED)
        before = len(world.demo.calls(workflow_id))
        await world.service.resume(workflow_id)
        await world.until_status(workflow_id, Status.PAUSED)
        assert len(world.demo.calls(workflow_id)) - before >= 2


async def test_tries_that_never_reached_the_provider_do_not_lengthen_its_pause(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step that PostgreSQL cut off three times meets a provider that is away: it is asked again after a second."""
    find, wait_for_provider = ModelCallStore.find, ModelCallStore.wait_for_provider
    cut_off = 3
    pauses: list[timedelta] = []

    async def away_at_first(self: ModelCallStore, *args: Any) -> ModelCall | None:
        nonlocal cut_off
        if cut_off:
            cut_off -= 1
            raise OperationalError("", None, Exception("closed"))
        return await find(self, *args)

    async def noted(self: ModelCallStore, *args: Any) -> None:
        since, retry_at = args[-2:]
        pauses.append(retry_at - since)
        await wait_for_provider(self, *args)

    monkeypatch.setattr(ModelCallStore, "find", away_at_first)
    monkeypatch.setattr(ModelCallStore, "wait_for_provider", noted)
    workflow_id = await world.start(1)
    world.demo.fault("server_error", times=2, match=workflow_id)
    async with world.worker():
        await world.assert_complete(workflow_id, 1)
    assert [try_of(call) for call in world.demo.calls(workflow_id)] == [4, 5, 6]
    # Until the second one it had been away for the first pause.
    assert pauses[0] == FIRST_PAUSE and pauses[1] >= FIRST_PAUSE * 3
