"""The SDK's data converter: values in UTF-8, and, with keys, payloads and failures encrypted."""

import dataclasses
from collections.abc import Sequence

from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes

from payloads.codec import EncryptionCodec
from payloads.keys import Key
from payloads.utf8 import Utf8PayloadConverter

UTF8 = dataclasses.replace(DataConverter.default, payload_converter_class=Utf8PayloadConverter)


def converter_with(keys: Sequence[Key], converter: DataConverter = UTF8) -> DataConverter:
    """`converter` with `keys`; itself when there are none.

    Messages and stack traces of failures are moved to where the codec reaches them: outside they would be in plain
    text.
    """
    if not keys:
        return converter
    return dataclasses.replace(
        converter,
        payload_codec=EncryptionCodec(keys),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )
