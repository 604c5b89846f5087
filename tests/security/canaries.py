"""Secrets for every secret setting, made up for one test."""

import secrets
from base64 import b64encode

from payloads.keys import Key
from tests.unit.payloads.made import written

# Secrets in the environment of every process; that of DATABASE_URL is in its URL.
OF_PROCESSES = ("OPENAI_API_KEY", "API_SECRET_KEY", "CODEC_SERVER_TOKEN", "PAYLOAD_KEYS")
OF_SETTINGS = (*OF_PROCESSES, "DATABASE_URL")
# Read by Temporal's own client, and sent with each request; without TLS, as the server of the tests has none.
OF_TEMPORAL = "TEMPORAL_API_KEY"
# The name under which payloads remember the key; everybody may read it.
KEY_ID = "2026-11"


def new_canaries() -> dict[str, str]:
    """Without a form that a filter could know them by. A key is its 32 bytes, and the text that is set."""
    made = {
        name: f"canary{secrets.token_hex(20)}" for name in (*OF_SETTINGS, OF_TEMPORAL, "password", "wrong password")
    }
    key = f"canary{secrets.token_hex(13)}"
    return {**made, "PAYLOAD_KEYS": key, "PAYLOAD_KEYS, as it is set": b64encode(key.encode()).decode()}


def key_of(canaries: dict[str, str]) -> Key:
    """The key of payloads that is a canary."""
    return Key(KEY_ID, canaries["PAYLOAD_KEYS"].encode())


def environment_of(canaries: dict[str, str]) -> dict[str, str]:
    """The settings of a process."""
    secret = {name: canaries[name] for name in (*OF_PROCESSES, OF_TEMPORAL)}
    return secret | {"PAYLOAD_KEYS": written(key_of(canaries)), "TEMPORAL_TLS": "false"}
