"""Encrypts what Temporal keeps: AES-256-GCM, one key of several, the key's id beside each payload."""

import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from google.protobuf.message import DecodeError
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

from payloads.keys import LONGEST_ID, Key

ENCODING = b"binary/encrypted"
KEY_ID = "encryption-key-id"
# 96 bits, the length that GCM is made for. Drawn at random: one key is good for some four thousand million payloads.
NONCE_BYTES = 12


class UnreadablePayload(ValueError):
    """A payload that cannot be decrypted; the text names its key's id and says what to do."""


class EncryptionCodec(PayloadCodec):
    """The first key encrypts, all of them decrypt."""

    def __init__(self, keys: Sequence[Key]) -> None:
        self._ciphers = {key.id: AESGCM(key.secret) for key in keys}
        self._first = keys[0].id

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Each payload encrypted whole: its metadata may name types of ours."""
        return [self._encrypt(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Each payload as it was; raises UnreadablePayload.

        Payloads that are not encrypted stay as they are: they were written before the keys were set.
        """
        return [
            self._decrypt(payload) if payload.metadata.get("encoding") == ENCODING else payload for payload in payloads
        ]

    def _encrypt(self, payload: Payload) -> Payload:
        key_id, nonce = self._first.encode(), os.urandom(NONCE_BYTES)
        sealed = self._ciphers[self._first].encrypt(nonce, payload.SerializeToString(), key_id)
        return Payload(metadata={"encoding": ENCODING, KEY_ID: key_id}, data=nonce + sealed)

    def _decrypt(self, payload: Payload) -> Payload:
        key_id = payload.metadata.get(KEY_ID, b"")
        name = key_id[:LONGEST_ID].decode(errors="replace")
        cipher = self._ciphers.get(name)
        if cipher is None:
            raise UnreadablePayload(
                f"the payload is encrypted with the key {name!r}, which is not among {', '.join(self._ciphers)}; "
                f"add that key to PAYLOAD_KEYS, after the first one, and start the process again"
            )
        nonce, sealed = payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:]
        try:
            return Payload.FromString(cipher.decrypt(nonce, sealed, key_id))
        # ValueError: shorter than any payload that was encrypted.
        except (InvalidTag, ValueError, DecodeError):
            raise UnreadablePayload(
                f"the payload does not fit the key {name!r}: it was changed since, or PAYLOAD_KEYS holds another key "
                f"under that id; put the key there with which it was encrypted and start the process again"
            ) from None
