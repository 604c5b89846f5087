"""Processes that write generations without Temporal, as many as a test wants, and what may happen to them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from model.client import ModelClient
from service.stateless import StatelessGenerations
from service.status import GenerationStatus
from storage.stateless import ProcessStore
from storage.tables import Quiz
from tests.support.waiting import until
from tests.support.world import World


class Process:
    """One process: its service, and a way to kill it."""

    def __init__(self, world: World, parts: dict[str, Any], **changes: Any) -> None:
        settings = world.settings.model_copy(update=changes)
        self._store = ProcessStore(world.engine)
        self.service = StatelessGenerations(
            settings,
            parts.get("states", world.states),
            world.quizzes,
            parts.get("calls", world.calls),
            parts.get("processes", self._store),
            parts.get("model") or client_of(ModelClient, world),
        )

    async def kill(self) -> None:
        """End it as SIGKILL does: nobody writes a last word, and its connections break."""
        for task in asyncio.all_tasks():
            if task in _generations() or task.get_name() == self.service.run_id:
                task.cancel()
        await until_no_generation_runs()
        await self._store.release()

        async def lives() -> bool:
            return await self._store.lives(self.service.run_id)

        await until(lives, lambda alive: not alive)  # the server takes a moment to see that a connection broke


@asynccontextmanager
async def process(world: World, *, parts: dict[str, Any] | None = None, **changes: Any) -> AsyncIterator[Process]:
    """A started process with settings changed if wanted; `parts` stand in for the world's stores and model."""
    made = Process(world, parts or {}, **changes)
    await made.service.start()
    yield made
    await made.service.close()


def client_of(kind: type[ModelClient], world: World) -> ModelClient:
    """A client of the demo model."""
    return kind(api_key="none", base_url=world.demo.url, timeout=world.settings.openai_timeout)


async def until_ended(service: StatelessGenerations, workflow_id: str, seconds: float = 60) -> GenerationStatus:
    """The status once the generation ended, however it did."""
    return await until(lambda: service.status(workflow_id), lambda status: not status.status.is_active, seconds)


async def until_no_generation_runs() -> None:
    """Wait until no process of this test is at work."""

    async def at_work() -> int:
        return len(_generations())

    await until(at_work, lambda count: not count)


async def occupied(world: World, quiz: Quiz) -> bool:
    """Whether the quiz has an active generation."""
    return await world.states.active(quiz.id) is not None


def _generations() -> list[asyncio.Task[Any]]:
    """The tasks that write generations; they are named for them."""
    return [task for task in asyncio.all_tasks() if task.get_name().startswith("mcq_") and not task.done()]
