"""The SDK's data converter, with payloads and failures encrypted."""

import dataclasses
from collections.abc import Sequence

from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes

from payloads.codec import EncryptionCodec
from payloads.keys import Key


def converter_with(keys: Sequence[Key], converter: DataConverter = DataConverter.default) -> DataConverter:
    """`converter` with `keys`; itself when there are none.

    How values become bytes stays as it is. Messages and stack traces of failures are moved to where the codec reaches
    them: outside they would be in plain text.
    """
    if not keys:
        return converter
    return dataclasses.replace(
        converter,
        payload_codec=EncryptionCodec(keys),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )
