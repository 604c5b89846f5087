"""What Temporal refuses is told, and not answered as if it were done."""

import pytest

from domain.statuses import Status
from embedded.part import Addresses
from service.errors import NoOpenRun, NotPossible
from tests.support.temporal_with import temporal_with, world_on
from tests.support.world import World

SIGNALS = 3  # that a run may have; 10,000 unless the server is told otherwise


async def test_a_signal_too_many_is_refused(world: World, stack: Addresses) -> None:
    """Pause and resume say why; the row goes on telling what is."""
    with temporal_with(stack, {"history.maximumSignalsPerExecution": SIGNALS}) as own:
        async with world_on(own, world) as full:
            workflow_id = await full.start(2)
            for _ in range(SIGNALS):
                await full.handle(workflow_id).signal("pause")
            for operation in (full.service.pause, full.service.ensure_running):
                with pytest.raises(NotPossible, match="limit for signal events; no worker has taken") as refused:
                    await operation(workflow_id)
                assert not isinstance(refused.value, NoOpenRun)
            async with full.worker():
                await full.until_status(workflow_id, Status.PAUSED)
