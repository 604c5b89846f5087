"""Fixtures of the tests of what must not happen."""

from collections.abc import Sequence
from typing import Any

import pytest

from model.client import ModelClient, Reply

Messages = Sequence[dict[str, str]]


@pytest.fixture
def prompts(monkeypatch: pytest.MonkeyPatch) -> list[Messages]:
    """Every prompt that this process sends to a model; the calls are real."""
    sent, ask = list[Messages](), ModelClient.ask

    async def note_and_ask(self: ModelClient, messages: Messages, **options: Any) -> Reply:
        sent.append(messages)
        return await ask(self, messages, **options)

    monkeypatch.setattr(ModelClient, "ask", note_and_ask)
    return sent
