"""Starts, resumes and findings are counted where a row says so, and once."""

import asyncio

import pytest

from domain.statuses import Status
from service.errors import ServiceError
from service.requests import GenerationRequest
from tests.support.world import World
from tests.unit.metrics.counted import value

TYPE = "QuizGenerationWorkflow"


def counted(name: str) -> float:
    """A counter of the workflow type in this process."""
    return value(f"workflow_{name}_total", workflow_type=TYPE)


async def test_equal_requests_at_once_count_one_start(world: World) -> None:
    """Fifty requests with one key make one generation, and one start."""
    quiz, before = await world.quiz(), counted("started")
    request = GenerationRequest(3)
    ids = await asyncio.gather(*(world.service.generate(quiz, request, idempotency_key="one") for _ in range(50)))
    assert len(set(ids)) == 1
    assert counted("started") == before + 1


async def test_a_refused_start_counts_nothing(world: World) -> None:
    """The quiz has an active generation already."""
    quiz = await world.quiz()
    await world.start(3, quiz=quiz)
    before = counted("started")
    with pytest.raises(ServiceError):
        await world.start(3, quiz=quiz)
    assert counted("started") == before


async def test_a_mended_row_counts_once(world: World) -> None:
    """An operator's termination that several find at once is one finding and one failure; its resume is one resume."""
    workflow_id = await world.start(3)
    await world.handle(workflow_id).terminate("by an operator")
    found, failed = value("reconciler_findings_total", finding="terminated"), counted("failed")
    await asyncio.gather(*(world.service.reconcile(workflow_id) for _ in range(10)))
    assert (await world.service.status(workflow_id)).status is Status.FAILED
    assert value("reconciler_findings_total", finding="terminated") == found + 1
    assert counted("failed") == failed + 1
    resumed = counted("resumed")
    await world.service.resume(workflow_id)
    assert counted("resumed") == resumed + 1
