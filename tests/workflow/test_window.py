"""The window: so many questions are written at once, and no more."""

from tests.support.world import World
from tests.workflow.history import most_nodes_at_once


async def test_as_many_calls_as_the_window_is_wide_and_never_more(world: World) -> None:
    """At no point of history are more model calls open than the window allows, and all of it is used."""
    workflow_id = await world.start(12, workflow_window=3)
    async with world.worker():
        await world.assert_complete(workflow_id, 12)
        assert most_nodes_at_once((await world.history(workflow_id)).events) == 3


async def test_the_window_slides(world: World) -> None:
    """A slot that takes long does not hold up the others: they all finish beside it."""
    workflow_id = await world.start(8, workflow_window=2)
    world.demo.fault("stall", match=f"{workflow_id}/0/")
    async with world.worker():
        status = await world.until_completed(workflow_id, 7)
        assert status.completed == 7
        assert (await world.progress(workflow_id)).in_flight == 1
