"""The shapes of OpenAI's HTTP interface: completions, errors, the list of models. Nothing here decides anything."""

import json
from typing import Any

from starlette.responses import Response

MODEL = "demo-model"
OWNER = "demo model (rule-based, offline)"
# A new value whenever the rules change, as a provider's fingerprint changes with its weights.
FINGERPRINT = "demo-model-rules-1"
# The interface wants a time of creation; the real one would make two answers to one body differ.
CREATED = 1_700_000_000
HEADERS = {"x-demo-model": OWNER}
# A common rule of thumb for English; every count made with it is an estimate and always the same.
CHARACTERS_PER_TOKEN = 4


def token_count(characters: int) -> int:
    """An estimate of tokens, deterministic and at least 1."""
    return max(1, -(-characters // CHARACTERS_PER_TOKEN))


def json_response(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON response in ASCII, so that any character of a prompt, even a lone surrogate, can be echoed."""
    return Response(
        json.dumps(body, separators=(",", ":")).encode("ascii"),
        status_code=status,
        media_type="application/json",
        headers={**HEADERS, **(headers or {})},
    )


def error_response(
    status: int,
    message: str,
    *,
    kind: str = "invalid_request_error",
    code: str | None = None,
    param: str | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """An error as OpenAI words it."""
    return json_response(
        {"error": {"message": message, "type": kind, "code": code, "param": param}}, status=status, headers=headers
    )


def completion(
    digest: str,
    *,
    content: str | None,
    prompt_tokens: int,
    completion_tokens: int,
    refusal: str | None = None,
    finish_reason: str = "stop",
) -> dict[str, Any]:
    """A chat completion of one choice; `digest`, the hash of the request body, makes its id."""
    return {
        "id": f"chatcmpl-demo-{digest[:24]}",
        "object": "chat.completion",
        "created": CREATED,
        "model": MODEL,
        "system_fingerprint": FINGERPRINT,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": content, "refusal": refusal},
                "logprobs": None,
                "finish_reason": finish_reason,
            }
        ],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": prompt_tokens + completion_tokens,
        },
    }


def model_card() -> dict[str, Any]:
    """The one model there is."""
    return {"id": MODEL, "object": "model", "created": CREATED, "owned_by": OWNER}
