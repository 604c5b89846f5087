"""Whether servers of the user's own can be reached, for `mcq doctor`. Messages hold no password and no key."""

import asyncio
import threading
from typing import TYPE_CHECKING

from embedded.errors import UnavailableError

if TYPE_CHECKING:
    from settings import Settings

_TIMEOUT = 5.0  # seconds


def database(url: str) -> str:
    """What the database says it is. UnavailableError with the reason."""
    import psycopg  # noqa: PLC0415  # slow to import

    try:
        # The URL may name SQLAlchemy's driver.
        with psycopg.connect(url.replace("+psycopg://", "://", 1), connect_timeout=int(_TIMEOUT)) as found:
            server = found.info
            return f"{server.host}:{server.port}/{server.dbname}, PostgreSQL {server.server_version // 10000}"
    except psycopg.Error as error:
        # Of psycopg's text only the lines about the server: a malformed URL would be quoted with its password.
        text = (
            str(error).splitlines()[0] if isinstance(error, psycopg.OperationalError) else "DATABASE_URL is malformed"
        )
        raise UnavailableError(text) from None


def temporal(settings: "Settings", address: str, *, seconds: float = _TIMEOUT) -> str:
    """What the Temporal server says it is, and that the namespace is there. UnavailableError with the reason.

    In so many `seconds`; those that a first import takes do not count.
    """
    import temporalio.client  # noqa: PLC0415, F401  # slow

    answer: list[str] = []
    problem: list[Exception] = []

    def ask() -> None:
        try:
            answer.append(asyncio.run(asyncio.wait_for(_ask(settings, address), seconds)))
        except (RuntimeError, TimeoutError, ValueError, OSError) as error:
            problem.append(error)

    # A thread of its own, as the caller may be inside an event loop.
    thread = threading.Thread(target=ask, name="reach-temporal")
    thread.start()
    thread.join()
    if problem:
        reason = str(problem[0]).splitlines()[0] if str(problem[0]) else f"no answer within {seconds:g} s"
        raise UnavailableError(f"{address}: {reason}") from problem[0]
    return answer[0]


async def _ask(settings: "Settings", address: str) -> str:
    from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, GetSystemInfoRequest  # noqa: PLC0415  # slow
    from temporalio.client import Client  # noqa: PLC0415
    from temporalio.envconfig import ClientConfig  # noqa: PLC0415
    from temporalio.runtime import Runtime, TelemetryConfig  # noqa: PLC0415
    from temporalio.service import RPCError  # noqa: PLC0415

    config = ClientConfig.load_client_connect_config()
    config["target_host"] = address
    namespace = config.setdefault("namespace", settings.temporal_namespace)
    # A runtime of our own: using the default one would fix the process's telemetry.
    client = await Client.connect(**config, runtime=Runtime(telemetry=TelemetryConfig()))
    try:
        await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=namespace))
        info = await client.workflow_service.get_system_info(GetSystemInfoRequest())
    except RPCError as error:
        raise ValueError(f"namespace {namespace}: {error.message}") from None
    return f"{address}, namespace {namespace}, server {info.server_version}"
