"""The codec: what it hides, what it gives back, what it refuses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.converter import DataConverter
from temporalio.exceptions import ApplicationError
from temporalio.langgraph import LangGraphPlugin
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from payloads.codec import ENCODING, KEY_ID, NONCE_BYTES, EncryptionCodec, UnreadablePayload
from payloads.converter import UTF8, converter_with
from payloads.keys import Key
from tests.unit.payloads.made import NEW, OLD, PLAIN, decrypted, encrypted

KEYS = st.binary(min_size=32, max_size=32).map(lambda secret: Key("k", secret))


@given(KEYS, st.dictionaries(st.text(max_size=20), st.binary(max_size=50), max_size=3), st.binary(max_size=2_000))
async def test_what_went_in_comes_out(key: Key, metadata: dict[str, bytes], data: bytes) -> None:
    """Any payload, byte by byte; what is kept of it holds nothing of it."""
    payload = Payload(metadata=metadata, data=data)
    kept = await encrypted(key, payload=payload)
    assert kept.metadata == {"encoding": ENCODING, KEY_ID: b"k"}
    assert len(data) < 8 or data not in kept.data
    assert await decrypted(kept, key) == payload


async def test_no_nonce_comes_twice() -> None:
    """Two equal payloads look different: equal ones would tell that they are."""
    kept = await EncryptionCodec([OLD]).encode([PLAIN] * 200)
    assert len({payload.data[:NONCE_BYTES] for payload in kept}) == 200
    assert len({payload.data[NONCE_BYTES:] for payload in kept}) == 200


async def test_the_first_key_encrypts_and_all_decrypt() -> None:
    """A rotation: the new key first, the old one behind it."""
    before, after = await encrypted(OLD), await encrypted(NEW, OLD)
    assert (before.metadata[KEY_ID], after.metadata[KEY_ID]) == (b"2026-01", b"2026-07")
    assert await EncryptionCodec([NEW, OLD]).decode([before, after]) == [PLAIN, PLAIN]


async def test_a_key_that_is_missing_is_named() -> None:
    """Who reads the error knows which key to look for and where it goes."""
    with pytest.raises(UnreadablePayload, match=r"'2026-01', which is not among 2026-07; add that key to PAYLOAD_KEYS"):
        await decrypted(await encrypted(OLD), NEW)


async def test_another_key_under_the_same_id_is_told() -> None:
    """The id fits and the key does not."""
    with pytest.raises(UnreadablePayload, match=r"'2026-01'.*PAYLOAD_KEYS holds another key"):
        await decrypted(await encrypted(OLD), Key(OLD.id, NEW.secret))


@pytest.mark.parametrize("at", [0, NONCE_BYTES, -1])
async def test_a_changed_payload_is_refused(at: int) -> None:
    """One bit of the nonce, the text or the tag."""
    kept = await encrypted(OLD)
    changed = bytearray(kept.data)
    changed[at] ^= 1
    kept.data = bytes(changed)
    with pytest.raises(UnreadablePayload, match=r"'2026-01'.*it was changed"):
        await decrypted(kept, OLD)


@pytest.mark.parametrize("length", [0, NONCE_BYTES - 1, NONCE_BYTES, NONCE_BYTES + 15])
async def test_a_cut_payload_is_refused(length: int) -> None:
    """Shorter than nonce and tag, too."""
    kept = await encrypted(OLD)
    kept.data = kept.data[:length]
    with pytest.raises(UnreadablePayload, match="'2026-01'"):
        await decrypted(kept, OLD)


async def test_the_id_cannot_be_exchanged() -> None:
    """It is bound to the text: the same key under another id does not open it."""
    kept = await encrypted(OLD)
    kept.metadata[KEY_ID] = b"other"
    with pytest.raises(UnreadablePayload, match="'other'"):
        await decrypted(kept, Key("other", OLD.secret), OLD)


async def test_a_payload_of_another_codec_is_refused() -> None:
    """Encrypted, and without the name of a key."""
    with pytest.raises(UnreadablePayload, match="PAYLOAD_KEYS"):
        await decrypted(Payload(metadata={"encoding": ENCODING}, data=b"x" * 60), OLD)


async def test_plain_payloads_stay_as_they_are() -> None:
    """Generations that were started before the keys were set go on."""
    kept = await encrypted(OLD)
    assert await EncryptionCodec([OLD]).decode([PLAIN, kept, Payload()]) == [PLAIN, PLAIN, Payload()]


async def test_failures_are_encrypted_whole() -> None:
    """Message, stack trace, details and cause; and come back with the same words."""
    converter = converter_with([OLD])
    failure = Failure()
    try:
        try:
            raise ValueError("canary of the cause")
        except ValueError as cause:
            raise ApplicationError("canary of the message", "canary of the details", type="NoContent") from cause
    except ApplicationError as error:
        await converter.encode_failure(error, failure)
    kept = str(failure)
    assert "canary" not in kept and "test_codec" not in kept and "NoContent" in kept
    told = await converter.decode_failure(failure)
    assert isinstance(told, ApplicationError) and isinstance(told.cause, ApplicationError)
    assert (told.message, list(told.details)) == ("canary of the message", ["canary of the details"])
    assert told.cause.message == "canary of the cause"


async def test_failures_written_before_are_read() -> None:
    """Their words stand in plain text."""
    failure = Failure()
    await DataConverter.default.encode_failure(ApplicationError("as it was"), failure)
    assert str(await converter_with([OLD]).decode_failure(failure)) == "as it was"


def test_without_keys_nothing_changes() -> None:
    """It is the same converter, without a codec."""
    assert converter_with([]) is UTF8


def test_it_stands_beside_langgraphs_plugin() -> None:
    """The plugin brings no converter of its own: whatever a client or a replayer has been given stays."""
    converter, plugin = converter_with([OLD]), LangGraphPlugin(graphs={})
    assert plugin.configure_client({"data_converter": converter})["data_converter"] is converter  # type: ignore[typeddict-item]
    runner = SandboxedWorkflowRunner()
    replayer = plugin.configure_replayer({"data_converter": converter, "workflow_runner": runner})
    assert replayer["data_converter"] is converter
    assert converter.payload_converter_class is UTF8.payload_converter_class
