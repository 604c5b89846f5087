"""Stores on an empty database."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.engine import create_engine
from storage.model_calls import ModelCallStore
from storage.quizzes import QuizStore
from storage.tables import Quiz
from storage.workflow_states import WorkflowStateStore
from tests.integration.storage.shared_database import database_url, shared_database_url

__all__ = ["database_url", "shared_database_url"]


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """An engine as the service makes it."""
    engine = create_engine(database_url, pool_size=10)
    yield engine
    await engine.dispose()


@pytest.fixture
def states(engine: AsyncEngine) -> WorkflowStateStore:
    """The store of workflow states."""
    return WorkflowStateStore(engine)


@pytest.fixture
def calls(engine: AsyncEngine) -> ModelCallStore:
    """The paid-once table."""
    return ModelCallStore(engine)


@pytest.fixture
def quizzes(engine: AsyncEngine) -> QuizStore:
    """The store of quizzes."""
    return QuizStore(engine)


@pytest.fixture
async def quiz(quizzes: QuizStore) -> Quiz:
    """A quiz without content."""
    return await quizzes.create(Quiz(owner_id=await quizzes.local_owner(), title="A quiz"), [])
