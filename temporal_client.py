"""The connection to Temporal, from the SDK's own environment configuration."""

from collections.abc import Awaitable, Callable

from temporalio.client import Client
from temporalio.envconfig import ClientConfig
from temporalio.runtime import Runtime

from payloads.converter import converter_with
from settings import Settings


async def connect(settings: Settings, *, lazy: bool = False, runtime: Runtime | None = None) -> Client:
    """Connect with the standard `TEMPORAL_*` variables and profiles (address, namespace, TLS, API key).

    `settings.temporal_address` wins over a profile. `lazy` connects at the first call, for processes that must start
    while Temporal is down; a worker cannot be lazy. `runtime` is the SDK's own, where its metrics or logs go elsewhere.
    What Temporal keeps is encrypted when `settings` has keys. Raises ConnectionError.
    """
    config = ClientConfig.load_client_connect_config()
    if settings.temporal_address:
        config["target_host"] = settings.temporal_address
    config.setdefault("target_host", "localhost:7233")  # where a server listens unless told otherwise
    config.setdefault("namespace", settings.temporal_namespace)
    try:
        return await Client.connect(
            **config, lazy=lazy, runtime=runtime, data_converter=converter_with(settings.encryption_keys)
        )
    except RuntimeError as error:
        # The SDK's word for a server that is not there; the address in it is the useful part.
        raise ConnectionError(f"Temporal cannot be reached at {config['target_host']}") from error


def lazily(settings: Settings, runtime: Runtime | None = None) -> Callable[[], Awaitable[Client]]:
    """Gives one client, made at the first need and connected at its first call: nothing waits for Temporal before."""
    client: Client | None = None

    async def connected() -> Client:
        nonlocal client
        if client is None:
            client = await connect(settings, lazy=True, runtime=runtime)
        return client

    return connected
