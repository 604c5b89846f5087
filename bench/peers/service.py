"""The service itself, started and read through its own stores; the process that is killed is `mcq worker`.

As a program it waits for the generations it is told, and says what they have: reading must not wait for a loop that
sleeps between kills.
"""

import asyncio

from bench.peers.work import Work
from bench.world import Bench, quiz_with_content
from domain.statuses import Status
from service.generations import GenerationService
from service.requests import GenerationRequest
from storage.engine import create_engine
from storage.quizzes import QuizStore
from storage.workflow_states import WorkflowStateStore
from temporal_client import lazily


async def start(world: Bench, work: Work) -> list[str]:
    """Start the generations; their workflow ids."""
    engine = create_engine(work.database_url)
    states, quizzes = WorkflowStateStore(engine), QuizStore(engine)
    settings = world.settings.model_copy(update={"workflow_window": work.window})
    service = GenerationService(settings, states, quizzes, lazily(settings))
    owner = await quizzes.local_owner()
    request = GenerationRequest(work.questions, None, None)
    started = [await service.generate(await quiz_with_content(quizzes, owner), request) for _ in work.generations]
    await engine.dispose()
    return started


async def _wait(work: Work) -> dict[str, list[int]]:
    """Generation -> slots with a question, once all have ended."""
    engine = create_engine(work.database_url)
    states = WorkflowStateStore(engine)
    try:
        for workflow_id in work.generations:
            while (row := await states.load(workflow_id)) is None or Status(row.status).is_active:
                await asyncio.sleep(0.2)
        return {one: sorted(row.slot for row in await states.questions(one)) for one in work.generations}
    finally:
        await engine.dispose()


if __name__ == "__main__":
    asked = Work.asked()
    asked.tell(asyncio.run(_wait(asked)))
