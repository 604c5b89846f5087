"""A world whose payloads are encrypted, and a model that fails when it is told to."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pydantic import SecretStr
from temporalio.client import Client

from model.client import ModelClient, Reply
from payloads.keys import Key
from temporal_client import connect
from tests.support.world import World
from tests.unit.payloads.made import written

SwitchOn = Callable[..., Awaitable[Client]]


class Trouble:
    """Calls of the model, as many as are let through; the others fail with words that nobody is to read."""

    WORDS = "canary: the answer began with mitochondria and ended in trouble"

    def __init__(self) -> None:
        self.after: int | None = None
        self._calls = 0

    def check(self) -> None:
        """Raise when it is time to."""
        self._calls += 1
        if self.after is not None and self._calls > self.after:
            raise RuntimeError(self.WORDS)

    def over(self) -> None:
        """Let all calls through."""
        self.after = None


@pytest.fixture
def trouble(monkeypatch: pytest.MonkeyPatch) -> Trouble:
    """Stands before every call of the model in this process; none until `after` is set."""
    made, ask = Trouble(), ModelClient.ask

    async def ask_or_fail(self: ModelClient, *args: Any, **kwargs: Any) -> Reply:
        made.check()
        return await ask(self, *args, **kwargs)

    monkeypatch.setattr(ModelClient, "ask", ask_or_fail)
    return made


@pytest.fixture
def switch_on(world: World) -> SwitchOn:
    """Give the world a client with these keys, as a restart with PAYLOAD_KEYS does; none switches it off."""

    async def switch(*keys: Key) -> Client:
        world.settings = world.settings.model_copy(update={"payload_keys": SecretStr(written(*keys)) if keys else None})
        world.temporal = await connect(world.settings)
        return world.temporal

    return switch
