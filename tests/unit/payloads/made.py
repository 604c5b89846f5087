"""Keys and payloads for these tests."""

import base64

from temporalio.api.common.v1 import Payload

from payloads.codec import EncryptionCodec
from payloads.keys import Key

OLD, NEW = Key("2026-01", bytes(range(32))), Key("2026-07", bytes(range(32, 64)))
PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'"Which organelle makes proteins?"')


def written(*keys: Key) -> str:
    """Keys as the setting spells them."""
    return ",".join(f"{key.id}:{base64.b64encode(key.secret).decode()}" for key in keys)


async def encrypted(*keys: Key, payload: Payload = PLAIN) -> Payload:
    """A payload, encrypted with the first of the keys."""
    (made,) = await EncryptionCodec(keys).encode([payload])
    return made


async def decrypted(payload: Payload, *keys: Key) -> Payload:
    """What the keys make of a payload."""
    (made,) = await EncryptionCodec(keys).decode([payload])
    return made
