"""The connection to Temporal, from the SDK's own environment configuration."""

from temporalio.client import Client
from temporalio.envconfig import ClientConfig

from settings import Settings


async def connect(settings: Settings, *, lazy: bool = False) -> Client:
    """Connect with the standard `TEMPORAL_*` variables and profiles (address, namespace, TLS, API key).

    `settings.temporal_address` wins over a profile. `lazy` connects at the first call, for processes that must start
    while Temporal is down; a worker cannot be lazy.
    """
    config = ClientConfig.load_client_connect_config()
    if settings.temporal_address:
        config["target_host"] = settings.temporal_address
    config.setdefault("namespace", settings.temporal_namespace)
    return await Client.connect(**config, lazy=lazy)
