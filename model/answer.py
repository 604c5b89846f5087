"""What the model is asked to return: the JSON schema of one question."""

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError

from domain.signs import BLANKS, CONTROLS, HIDDEN, INVISIBLE, SPACES

# NUL comes escaped through JSON, and PostgreSQL stores it in no text; an escape sequence commands a terminal; a bidi
# override shows a student another text than was checked.
_UNREADABLE = re.compile(f"[{CONTROLS}\x0b\x0c{HIDDEN}]")
_NOTHING = SPACES + INVISIBLE + BLANKS


def _readable(value: object) -> object:
    """Text without what no reader sees; empty when nothing is left to be seen."""
    if not isinstance(value, str):
        return value
    text = _UNREADABLE.sub("", value)
    return text if text.strip(_NOTHING) else ""


_Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000), BeforeValidator(_readable)
]
# Characters of a reason; it goes to the model, the database and a log.
_LONGEST_REASON = 200


class Distractor(BaseModel):
    """A wrong option and why a student should reject it."""

    model_config = ConfigDict(extra="forbid")

    text: _Text
    why_wrong: _Text


class Answer(BaseModel):
    """One question as the model writes it. It names the key by text: positions are never the model's to choose."""

    model_config = ConfigDict(extra="forbid")

    stem: _Text
    key: _Text
    distractors: list[Distractor]
    explanation: _Text
    quote: _Text


class UnusableAnswer(Exception):
    """The model's answer is not a question: {reason}."""


def parse_answer(raw: str) -> Answer:
    """Read a raw answer; raises UnusableAnswer with a reason short enough to send back to the model."""
    try:
        answer = Answer.model_validate_json(raw)
        answer.model_dump_json().encode()  # lone surrogates pass JSON but no database or wire
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "answer"
        # An unexpected field's name is the model's own text.
        reason = f"{where[:100]}: {first['msg']}"[:_LONGEST_REASON].replace("\x00", "")
        raise UnusableAnswer(reason.encode("utf-8", "replace").decode()) from None
    except UnicodeError:
        raise UnusableAnswer("answer: not valid Unicode") from None
    if not 2 <= len(answer.distractors) <= 4:
        raise UnusableAnswer(f"distractors: 2 to 4 are needed, not {len(answer.distractors)}")
    return answer


def response_format() -> dict[str, Any]:
    """The `response_format` of the chat completion request, strict."""
    text = {"type": "string"}
    schema = {
        "type": "object",
        "additionalProperties": False,
        "required": ["stem", "key", "distractors", "explanation", "quote"],
        "properties": {
            "stem": {**text, "description": "The question, one sentence that ends with a question mark."},
            "key": {**text, "description": "The right answer."},
            "distractors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["text", "why_wrong"],
                    "properties": {"text": text, "why_wrong": text},
                },
                "description": "Three wrong answers of the same kind and length as the key.",
            },
            "explanation": {**text, "description": "Why the key is right."},
            "quote": {**text, "description": "The sentence of the text that proves the key, copied verbatim."},
        },
    }
    return {
        "type": "json_schema",
        "json_schema": {"name": "multiple_choice_question", "strict": True, "schema": schema},
    }
