"""Text that clients send: bounded, and only what PostgreSQL and a page can hold."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

# Control characters without a use in text. NUL is one that PostgreSQL refuses.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LINE_BREAKS = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")


def _printable(text: str) -> str:
    if _CONTROLS.search(text):
        raise ValueError("it holds control characters")
    return text


def _one_line(text: str) -> str:
    if _LINE_BREAKS.search(text):
        raise ValueError("it holds line breaks or control characters")
    return text


# The same for readers of the OpenAPI, in ECMA's words; these change no validation.
_LINE = {"pattern": r"^[^\x00-\x1f\x7f\u2028\u2029]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f\u2028\u2029]*$"}
_PROSE = {"pattern": r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"}
_OPTIONAL_PROSE = {"pattern": r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"}

# One line: titles, names.
Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=300),
    AfterValidator(_one_line),
    Field(json_schema_extra=_LINE),
]
# A language or a model's name.
ShortLine = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=60),
    AfterValidator(_one_line),
    Field(json_schema_extra=_LINE),
]
# A stem, an option, an explanation.
Prose = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000),
    AfterValidator(_printable),
    Field(json_schema_extra=_PROSE),
]
# The same, and it may be empty.
OptionalProse = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=4_000),
    AfterValidator(_printable),
    Field(json_schema_extra=_OPTIONAL_PROSE),
]
