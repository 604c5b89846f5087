"""Servers of the user's own, which take the place of the embedded ones."""

import os
from typing import TYPE_CHECKING

import platformdirs

from embedded.errors import StackError

if TYPE_CHECKING:
    from settings import Settings


def database_url(settings: "Settings") -> str | None:
    """The user's database; None: the embedded one."""
    return settings.database_url.get_secret_value() if settings.database_url is not None else None


def temporal_address(settings: "Settings") -> str | None:
    """The user's Temporal server; None: the embedded one. StackError for a broken configuration.

    In this order: TEMPORAL_ADDRESS; the address of the profile that Temporal's own configuration names
    (TEMPORAL_PROFILE, TEMPORAL_CONFIG_FILE, or the default file of the `temporal` CLI). What else such a profile says
    (TLS, API key) is read by whoever connects, with `ClientConfig.load_client_connect_config`.
    """
    if settings.temporal_address:
        return settings.temporal_address
    if not _has_profile():
        return None
    from temporalio.envconfig import ClientConfig  # noqa: PLC0415  # half a second, and needed by few

    try:
        return ClientConfig.load_client_connect_config().get("target_host")
    except RuntimeError as error:
        raise StackError(
            f"Temporal's client configuration can't be read: {error}. Mend it, or set TEMPORAL_ADDRESS."
        ) from error


def _has_profile() -> bool:
    # Temporal's own variables: its library reads them from the environment itself.
    if os.environ.get("TEMPORAL_PROFILE") or os.environ.get("TEMPORAL_CONFIG_FILE"):
        return True
    try:
        return (platformdirs.user_config_path("temporalio") / "temporal.toml").is_file()
    except OSError:  # HOME may still be that of another user, after sudo
        return False


def host_and_port(address: str, default_port: int) -> tuple[str, int]:
    """Split "host:port"; the port may be missing, IPv6 is in brackets."""
    host, _, port = address.rpartition(":")
    if host and port.isdigit() and (host.startswith("[") or ":" not in host):
        return host.strip("[]"), int(port)
    return address.strip("[]"), default_port
