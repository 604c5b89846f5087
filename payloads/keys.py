"""The keys of payloads, as the setting PAYLOAD_KEYS spells them: `id:key,id2:key2`, each key 32 bytes in base64."""

import base64
import binascii
import re
from dataclasses import dataclass, field

# AES-256.
KEY_BYTES = 32
MAKE_ONE = "make one: openssl rand -base64 32"
# Ids are written into history beside each payload, readable for everybody.
LONGEST_ID = 64
_ID = re.compile(rf"[A-Za-z0-9._-]{{1,{LONGEST_ID}}}")


@dataclass(frozen=True, slots=True)
class Key:
    """A key and the name under which payloads remember it."""

    id: str
    secret: bytes = field(repr=False)


def parse_keys(text: str) -> tuple[Key, ...]:
    """The keys in their order: the first encrypts, all of them decrypt. Raises ValueError; its text holds no key."""
    keys = tuple(_parse(number, entry.strip()) for number, entry in enumerate(text.split(","), start=1))
    ids = [key.id for key in keys]
    if len(set(ids)) < len(ids):
        raise ValueError("two keys have the same id; give each key an id of its own, for payloads are found by it")
    return keys


def _parse(number: int, entry: str) -> Key:
    # A key that was given without an id must not be taken for one, and be told.
    key_id, colon, secret = entry.partition(":")
    if not colon or not _ID.fullmatch(key_id):
        raise ValueError(
            f"entry {number} is not an id, a colon and a key, such as 2026-01:KEY; an id has up to {LONGEST_ID} "
            f"letters, digits, dots, dashes and underscores; for a key {MAKE_ONE}"
        )
    try:
        decoded = base64.b64decode(secret, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"the key of entry {number} ({key_id}) is not base64; {MAKE_ONE}") from None
    if len(decoded) != KEY_BYTES:
        raise ValueError(
            f"the key of entry {number} ({key_id}) has {len(decoded)} bytes and needs {KEY_BYTES}; {MAKE_ONE}"
        )
    return Key(key_id, decoded)
