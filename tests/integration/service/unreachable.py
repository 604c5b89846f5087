"""The service while Temporal is away."""

import socket
from collections.abc import Awaitable, Callable
from datetime import timedelta

from temporalio.client import Client

from service.generations import GenerationService
from tests.support.world import World

# Short, so that tests of an outage are; the product's own bound is 3 s.
RPC_TIMEOUT = timedelta(seconds=1)


def nowhere() -> Callable[[], Awaitable[Client]]:
    """A lazy client of a closed port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    client: Client | None = None

    async def connect() -> Client:
        nonlocal client
        if client is None:
            client = await Client.connect(f"127.0.0.1:{port}", lazy=True)
        return client

    return connect


def without_temporal(world: World) -> GenerationService:
    """The service as a process has it that started while Temporal was down."""
    return GenerationService(world.settings, world.states, world.quizzes, nowhere(), rpc_timeout=RPC_TIMEOUT)


def never_connecting(world: World) -> GenerationService:
    """The service that fails the test when it so much as asks for a client."""

    async def connect() -> Client:
        raise AssertionError("Temporal was asked for")

    return GenerationService(world.settings, world.states, world.quizzes, connect)


def losing_temporal(world: World, *, after: int) -> GenerationService:
    """The service that finds Temporal so many times, and then no more."""
    left = after

    async def connect() -> Client:
        nonlocal left
        if not left:
            raise ConnectionError("Temporal cannot be reached")
        left -= 1
        return world.temporal

    return GenerationService(world.settings, world.states, world.quizzes, connect)


def answered_too_late(world: World) -> GenerationService:
    """The service of a Temporal that is there and so busy that no answer comes in time."""

    async def connect() -> Client:
        return world.temporal

    return GenerationService(
        world.settings, world.states, world.quizzes, connect, rpc_timeout=timedelta(microseconds=1)
    )


def in_another_namespace(world: World) -> GenerationService:
    """The service with a mistyped TEMPORAL_NAMESPACE: the server is there and knows none of our workflows."""

    async def connect() -> Client:
        return Client(world.temporal.service_client, namespace="mistyped")

    return GenerationService(world.settings, world.states, world.quizzes, connect)
