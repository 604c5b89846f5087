"""Fixtures that only the tests of the workflow need."""

import asyncio
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
