"""How each fault looks to the client. Which one strikes is decided in `faults`."""

import json
import time
from email.utils import formatdate
from typing import Any

from starlette.responses import Response

from demo_model.connection import Cut, Drop, Stall
from demo_model.faults import STALL_LIMIT, Fault, Strike
from demo_model.openai_shapes import HEADERS, completion, error_response, json_response, token_count

# Faults whose answer a provider would bill for.
BILLED = frozenset(
    {
        Fault.CUT,
        Fault.TRUNCATED,
        Fault.MALFORMED,
        Fault.WRONG_SHAPE,
        Fault.EMPTY_CHOICES,
        Fault.REFUSAL,
        Fault.CONTENT_FILTER,
        Fault.FLAWED,
        Fault.HUGE,
        Fault.SURROGATE,
        Fault.NUL,
    }
)
_HUGE_CHARACTERS = 3_000_000
_NOT_ABOUT_ANYTHING = '{"stem": "What does the demo model write?", "key": "questions", "distractors": [], '
_NOT_ABOUT_ANYTHING += '"explanation": "It writes questions.", "quote": "It writes questions."}'


def fault_answer(strike: Strike, digest: str, content: str | None, prompt_tokens: int) -> tuple[Response, int]:
    """The response and its completion tokens. `content` is the proper answer, which some faults spoil."""
    proper = content if content is not None else _NOT_ABOUT_ANYTHING
    if strike.fault in BILLED:
        return _spoilt(strike.fault, digest, proper, prompt_tokens)
    if strike.fault is Fault.DROP:
        return Drop(), 0
    if strike.fault is Fault.STALL:
        return Stall(STALL_LIMIT), 0
    if strike.fault is Fault.BAD_GATEWAY:
        page = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
        return Response(page, status_code=502, media_type="text/html", headers=HEADERS), 0
    return _error(strike), 0


# status, message, type, code
_ERRORS: dict[Fault, tuple[int, str, str, str | None]] = {
    Fault.RATE_LIMIT_SECONDS: (429, "Rate limit reached; wait.", "requests", "rate_limit_exceeded"),
    Fault.RATE_LIMIT_MS: (429, "Rate limit reached; wait.", "requests", "rate_limit_exceeded"),
    Fault.RATE_LIMIT_DATE: (429, "Rate limit reached; wait.", "requests", "rate_limit_exceeded"),
    Fault.RATE_LIMIT_BARE: (429, "Rate limit reached.", "requests", "rate_limit_exceeded"),
    Fault.QUOTA: (429, "You exceeded your current quota.", "insufficient_quota", "insufficient_quota"),
    Fault.SERVER_ERROR: (500, "The server had an error.", "server_error", None),
    Fault.OVERLOADED: (503, "The engine is overloaded.", "server_error", "overloaded"),
    Fault.TIMEOUT_408: (408, "The request took too long.", "timeout", None),
    Fault.CONFLICT_409: (409, "The resource is locked.", "invalid_request_error", "conflict"),
    Fault.UNAUTHORIZED: (401, "Incorrect API key provided.", "invalid_request_error", "invalid_api_key"),
    Fault.FORBIDDEN: (403, "You have no access to this model.", "invalid_request_error", "forbidden"),
    Fault.NOT_FOUND: (404, "The model does not exist.", "invalid_request_error", "model_not_found"),
    Fault.BAD_REQUEST: (400, "The request is invalid.", "invalid_request_error", "invalid_value"),
    Fault.UNPROCESSABLE: (422, "The request can't be processed.", "invalid_request_error", "unprocessable"),
}


def _error(strike: Strike) -> Response:
    status, message, kind, code = _ERRORS[strike.fault]
    message += f" (a fault that the demo model was told to show: {strike.fault})"
    return error_response(status, message, kind=kind, code=code, headers=_wait_headers(strike))


def _wait_headers(strike: Strike) -> dict[str, str]:
    seconds = strike.retry_after
    if strike.fault in (Fault.RATE_LIMIT_SECONDS, Fault.OVERLOADED):
        return {"retry-after": f"{seconds:g}"}
    if strike.fault is Fault.RATE_LIMIT_MS:
        return {"retry-after-ms": str(round(seconds * 1000))}
    if strike.fault is Fault.RATE_LIMIT_DATE:
        return {"retry-after": formatdate(time.time() + seconds, usegmt=True)}
    return {}


def _spoilt(fault: Fault, digest: str, proper: str, prompt_tokens: int) -> tuple[Response, int]:
    """A 200 that is no use, or looks like one and is not."""
    content: str | None = proper
    finish, refusal = "stop", None
    if fault is Fault.TRUNCATED:
        content, finish = proper[: len(proper) * 2 // 3], "length"
    elif fault is Fault.MALFORMED:
        content = "Sure! Here is your question:\n" + proper[1:]
    elif fault is Fault.WRONG_SHAPE:
        content = json.dumps({"question": "Which one?", "choices": ["A", "B"], "answer": 0})
    elif fault is Fault.REFUSAL:
        content, refusal = None, "I'm sorry, I can't help with that."
    elif fault is Fault.CONTENT_FILTER:
        content, finish = None, "content_filter"
    elif fault in _EDITS:
        content = _EDITS[fault](json.loads(proper))
    tokens = token_count(len(content or refusal or ""))
    body = completion(
        digest,
        content=content,
        refusal=refusal,
        finish_reason=finish,
        prompt_tokens=prompt_tokens,
        completion_tokens=tokens,
    )
    if fault is Fault.EMPTY_CHOICES:
        body["choices"] = []
    response = json_response(body)
    if fault is Fault.CUT:
        return Cut(response.body, headers=dict(response.headers)), tokens
    return response, tokens


def _flawed(question: dict[str, Any]) -> str:
    """Item-writing flaws that a linter must see: a dependent stem, a catch-all option, an invented quote."""
    wrong = {"text": "All of the above", "why_wrong": "It is a catch-all."}
    distractors = [*question["distractors"][:2], wrong]
    stem = "According to the text, " + question["stem"]
    quote = "This sentence was invented by the demo model to be found out."
    return json.dumps({**question, "stem": stem, "distractors": distractors, "quote": quote})


def _huge(question: dict[str, Any]) -> str:
    return json.dumps({**question, "explanation": "All of this is padding. " * (_HUGE_CHARACTERS // 24)})


def _surrogate(question: dict[str, Any]) -> str:
    """One lone surrogate escaped within the JSON answer, and one raw in the answer itself."""
    escaped = json.dumps({**question, "stem": question["stem"] + " \ud800"})
    return escaped.replace('"explanation": "', '"explanation": "\udfff', 1)


def _nul(question: dict[str, Any]) -> str:
    return json.dumps({**question, "explanation": "\0" + question["explanation"]})


_EDITS = {Fault.FLAWED: _flawed, Fault.HUGE: _huge, Fault.SURROGATE: _surrogate, Fault.NUL: _nul}
