"""Fixtures that only the tests of the workflow need."""

import asyncio
import gc
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from model.client import ModelClient, Reply


class HeldReplies:
    """The model's replies, held on their way back to the activity: calls that are in flight for as long as wanted."""

    def __init__(self) -> None:
        self.count = 0
        self._open = asyncio.Event()

    def release(self) -> None:
        """Let all replies through, those to come too."""
        self._open.set()

    async def pass_on(self, reply: Reply) -> Reply:
        """Hold a reply that the model has given."""
        self.count += 1
        await self._open.wait()
        return reply


@pytest.fixture
def held_replies(monkeypatch: pytest.MonkeyPatch) -> HeldReplies:
    """Holds the replies of all real calls made in this process until released."""
    held, ask = HeldReplies(), ModelClient.ask

    async def ask_and_hold(self: ModelClient, *args: Any, **kwargs: Any) -> Reply:
        return await held.pass_on(await ask(self, *args, **kwargs))

    monkeypatch.setattr(ModelClient, "ask", ask_and_hold)
    return held


@pytest.fixture(scope="session", autouse=True)
def imported_is_kept() -> None:
    """What is loaded by now is never garbage: collections stay cheap."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def no_leftovers(imported_is_kept: None) -> Iterator[None]:
    """Collect the open workflows of a worker that was stopped here, where nobody is disturbed.

    The SDK leaves them to the garbage collector, which closes their coroutines whenever it runs, in the middle of
    another test's workflow, say, and LangGraph's complain about it.
    """
    yield
    _collect()


def pytest_sessionfinish() -> None:
    """The same for what lived as long as the session's event loop."""
    _collect()


def _collect() -> None:
    hook, sys.unraisablehook = sys.unraisablehook, lambda _: None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        while gc.collect():  # what one pass closes, the next one frees
            pass
    sys.unraisablehook = hook
