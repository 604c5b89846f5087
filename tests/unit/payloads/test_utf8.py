"""JSON in UTF-8: small, and read by everybody."""

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.converter import DataConverter

from payloads.converter import converter_with
from tests.unit.payloads.made import OLD


async def kept(value: object) -> Payload:
    """What Temporal keeps of a value."""
    (payload,) = await converter_with([]).encode([value])
    return payload


@pytest.mark.parametrize(
    "text", ["What is it?", "Что это такое?", "これは何ですか", "\N{GRINNING FACE}", "\ud83d", "\x00\u2028"]
)
async def test_what_goes_in_comes_out(text: str) -> None:
    """By our converter and by the SDK's own; encrypted too."""
    (payload,) = (await kept({"a": [text]}),)
    for converter in (converter_with([]), DataConverter.default):
        assert await converter.decode([payload]) == [{"a": [text]}]
    encrypted = converter_with([OLD])
    assert await encrypted.decode(await encrypted.encode([text])) == [text]


async def test_letters_stay_letters() -> None:
    """Three bytes for each of these, not six; what is no text at all is escaped."""
    payload = await kept("学ж" * 100)
    assert (payload.data.decode(), dict(payload.metadata)) == (f'"{"学ж" * 100}"', {"encoding": b"json/plain"})
    assert (await kept("学\ud83d")).data == b'"\\u5b66\\ud83d"'


async def test_the_rest_is_as_the_sdk_has_it() -> None:
    """Nothing, bytes, and keys in order."""
    values = [None, b"bytes", {"b": 1, "a": [1.5, True]}]
    assert await converter_with([]).encode(values) == await DataConverter.default.encode(values)
