"""Source and mirror say the same."""

from dataclasses import fields

from domain.statuses import Status
from service.status import GenerationStatus
from tests.support.world import World
from workflows.messages import Progress


async def test_the_progress_query_equals_the_mirror_at_rest(world: World) -> None:
    """While paused with everything told, and after the end: the same status, counts, tokens, cost and reason."""
    workflow_id = await world.start(6, workflow_window=2)
    world.demo.fault("malformed", times=1, match=f"{workflow_id}/1/")
    world.demo.fault("unauthorized", times=1, match=f"{workflow_id}/3/")
    async with world.worker():
        await world.until_status(workflow_id, Status.PAUSED)
        await world.until_idle(workflow_id)
        await world.until_mirrored(workflow_id)
        assert _shared(await world.service.status(workflow_id)) == _asked(await world.progress(workflow_id))
        await world.service.resume(workflow_id)
        status = await world.assert_complete(workflow_id, 6)
        assert _shared(status) == _asked(await world.progress(workflow_id))


NAMES = {field.name for field in fields(Progress)} - {"reason", "window", "sequence"}


def _shared(status: GenerationStatus) -> dict[str, object]:
    return {**{name: getattr(status, name) for name in NAMES}, "reason": status.error}


def _asked(progress: Progress) -> dict[str, object]:
    return {name: getattr(progress, name) for name in NAMES | {"reason"}}
