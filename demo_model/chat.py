"""One chat completion: from the bytes of a request to the words of the answer. A pure function, no HTTP."""

import json
from dataclasses import dataclass
from typing import Any

from demo_model.openai_shapes import token_count
from demo_model.prompt_reader import Order, message_text, read_order
from demo_model.writer import write_question

ABOUT = (
    "I am the demo model: an offline set of rules, not a language model. "
    "I only write multiple-choice questions from a text that comes with the service's own prompt."
)
NOTHING_TO_ASK = "The demo model finds no fact to ask about in this text."
_QUESTION_FIELDS = {"stem", "key", "distractors", "explanation", "quote"}
# Far above any chunk; a bound on the work that one request can ask for.
MAX_CHARACTERS = 1_000_000


class RejectedError(Exception):
    """The request is not one that the interface allows; `param` is the field at fault."""

    def __init__(self, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.param = param


@dataclass(frozen=True, slots=True)
class Call:
    """A valid request. `order` is None when it is not about a question."""

    order: Order | None
    prompt_tokens: int
    structured: bool
    max_tokens: int | None


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model says: `content`, or a `refusal` in its place."""

    content: str | None
    refusal: str | None
    tokens: int
    finish_reason: str = "stop"


def read_call(body: bytes) -> Call:
    """Check a request body; raises RejectedError."""
    try:
        request = json.loads(body)
    except (ValueError, RecursionError):
        raise RejectedError("The body is not JSON.") from None
    if not isinstance(request, dict):
        raise RejectedError("The body is not a JSON object.")
    if not isinstance(request.get("model"), str) or not request["model"]:
        raise RejectedError("A model is needed; this server has demo-model.", "model")
    messages = _messages(request.get("messages"))
    if request.get("stream"):
        raise RejectedError("The demo model does not stream.", "stream")
    if request.get("n") not in (None, 1):
        raise RejectedError("The demo model gives one choice.", "n")
    schema = _schema(request.get("response_format"))
    wants_question = not schema or _asks_for_question(schema)
    return Call(
        order=read_order(messages) if wants_question else None,
        prompt_tokens=sum(token_count(len(message_text(message))) for message in messages),
        structured=schema is not None,
        max_tokens=_limit(request),
    )


def reply_to(call: Call) -> Reply:
    """The answer: a question as JSON, or in plain words why there is none."""
    if call.order is None:
        return _said(ABOUT, call)
    question = write_question(call.order)
    if question is None:
        return _said(NOTHING_TO_ASK, call, refuse=True)
    content = json.dumps(question.as_json(), ensure_ascii=False)
    tokens = token_count(len(content))
    if call.max_tokens is not None and tokens > call.max_tokens:
        return Reply(content[: call.max_tokens * 4], None, call.max_tokens, "length")
    return Reply(content, None, tokens)


def _asks_for_question(schema: dict[str, Any]) -> bool:
    properties = schema.get("properties")
    return isinstance(properties, dict) and properties.keys() >= _QUESTION_FIELDS


def _said(words: str, call: Call, *, refuse: bool = False) -> Reply:
    """A client that asked for JSON gets words only as a refusal, which it must expect from any model."""
    refuse = refuse or call.structured
    return Reply(None if refuse else words, words if refuse else None, token_count(len(words)))


def _messages(raw: Any) -> list[dict[str, Any]]:
    if not isinstance(raw, list) or not raw:
        raise RejectedError("messages is a list of at least one message.", "messages")
    for index, message in enumerate(raw):
        where = f"messages[{index}]"
        if not isinstance(message, dict):
            raise RejectedError(f"{where} is not an object.", where)
        if message.get("role") not in ("system", "developer", "user", "assistant", "tool"):
            raise RejectedError(f"{where}.role is not a role.", f"{where}.role")
        if not isinstance(message.get("content"), str | list | None):
            raise RejectedError(f"{where}.content is neither text nor a list of parts.", f"{where}.content")
    if sum(len(message_text(message)) for message in raw) > MAX_CHARACTERS:
        raise RejectedError(f"The messages exceed {MAX_CHARACTERS} characters.", "messages")
    return raw


def _schema(raw: Any) -> dict[str, Any] | None:
    """The JSON schema that was asked for: empty for any JSON, None for plain text."""
    if raw is None:
        return None
    kind = raw.get("type") if isinstance(raw, dict) else None
    if kind == "text":
        return None
    if kind == "json_object":
        return {}
    wrapper = raw.get("json_schema") if kind == "json_schema" else None
    schema = wrapper.get("schema") if isinstance(wrapper, dict) else None
    if not isinstance(schema, dict):
        raise RejectedError("response_format is text, json_object or a json_schema with its schema.", "response_format")
    return schema


def _limit(request: dict[str, Any]) -> int | None:
    for name in ("max_completion_tokens", "max_tokens"):
        limit = request.get(name)
        if limit is not None:
            if type(limit) is not int or limit < 1:
                raise RejectedError(f"{name} is a whole number from 1.", name)
            return limit
    return None
