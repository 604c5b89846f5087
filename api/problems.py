"""What went wrong, as problem details (RFC 9457): type, title, detail, and what to do.

The body of a problem holds nothing that differs between two equal requests, so nobody learns from it which ids exist.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

MEDIA_TYPE = "application/problem+json"
# Seconds after which a client may try again when a part is away; it is back within seconds, or needs an operator.
RETRY_AFTER = 2


class Problem(Exception):
    """A refusal or a failure to be told to the client. `extra` are members of the body beside the standard ones."""

    def __init__(
        self,
        kind: str,
        detail: str,
        *,
        extra: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.status, self.title, self.what_to_do = KINDS[kind]
        self.detail = detail
        self.extra = dict(extra or {})
        self.headers = dict(headers or {})

    def body(self) -> dict[str, Any]:
        """The members of the problem."""
        return {
            "type": f"/problems/{self.kind}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "what_to_do": self.what_to_do,
            **self.extra,
        }


# Kind -> status, title, what to do. The kind is the last part of the problem's type, which is a page of the API.
KINDS: Mapping[str, tuple[int, str, str]] = {
    "bad-request": (400, "Bad request", "Send the request as the OpenAPI document describes it."),
    "cannot-resume": (400, "Cannot be resumed", "Read `detail`: it names the rule."),
    "unauthorized": (
        401,
        "Not signed in",
        "Get a token from POST /auth/token and send it as `Authorization: Bearer …`.",
    ),
    "wrong-credentials": (401, "Wrong e-mail or password", "Check both; sign up if there is no account yet."),
    "not-found": (404, "Not found", "Check the id; you see only what is yours."),
    "method-not-allowed": (405, "Method not allowed", "See the header `Allow` for what this address takes."),
    "active-generation": (
        409,
        "A generation is active",
        "Wait for it, or cancel it. To continue one that stopped, send `resume_existing`.",
    ),
    "not-possible": (409, "Not possible now", "Read `detail`: it names the state that is in the way."),
    "needs-persistence": (
        409,
        "Not possible without workflow persistence",
        "Ask the operator to set ENABLE_WORKFLOW_PERSISTENCE=true.",
    ),
    "email-taken": (409, "The e-mail has an account", "Sign in with POST /auth/token."),
    "too-large": (413, "Too large", "Send less: `detail` names the limit."),
    "unsupported-media-type": (415, "Unsupported media type", "Send one of the types that `detail` names."),
    "invalid": (422, "Invalid request", "Mend the fields that `errors` names."),
    "unusable-content": (422, "The content cannot be used", "Read `detail`, mend the document and send it again."),
    "key-reused": (422, "Idempotency-Key reused", "Use a new key for a new request."),
    "too-many-attempts": (429, "Too many attempts", "Wait as long as `Retry-After` says."),
    "internal": (500, "A fault of ours", "Try again; tell the operator the X-Request-Id if it stays."),
    "unavailable": (503, "Temporarily unavailable", "Try again after `Retry-After`; nothing was lost."),
}


class FieldError(BaseModel):
    """One thing that is wrong with a field."""

    field: str = Field(description="Where it is, e.g. `target_question_count` or `options.2.text`.")
    message: str


class ProblemBody(BaseModel):
    """Problem details, RFC 9457."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="A page of this API about the kind of problem.")
    title: str
    status: int
    detail: str
    what_to_do: str
    errors: list[FieldError] | None = Field(default=None, description="The fields that are wrong (422).")
    workflow_id: str | None = Field(default=None, description="The generation in the way (409).")


def not_found() -> Problem:
    """The one answer for what does not exist and for what belongs to somebody else."""
    return Problem("not-found", "There is nothing here, or it is not yours.")


def unavailable(part: str) -> Problem:
    """A part that we need is away."""
    return Problem("unavailable", f"{part} does not answer.", headers={"Retry-After": str(RETRY_AFTER)})


_TYPICAL_DETAIL = {
    "bad-request": "Bad Request",
    "cannot-resume": "the generation is completed; every question asked for is there",
    "unauthorized": "The token has expired.",
    "wrong-credentials": "The e-mail or the password is wrong.",
    "not-found": "There is nothing here, or it is not yours.",
    "method-not-allowed": "This address takes GET.",
    "active-generation": "the quiz has an active generation already: mcq_…; wait for it or cancel it",
    "not-possible": "the generation is completed; only a running one can be paused",
    "needs-persistence": "a generation cannot be paused while ENABLE_WORKFLOW_PERSISTENCE is false; cancel it",
    "email-taken": "There is an account with this e-mail.",
    "too-large": "The body is larger than 200,000 bytes.",
    "unsupported-media-type": "Send multipart/form-data with `files`, or application/json.",
    "invalid": "Some fields are not valid.",
    "unusable-content": "notes.md holds 120 characters of prose; at least 300 are needed. Add more content.",
    "key-reused": "this Idempotency-Key came before with another quiz or body; use a new key for a new request",
    "too-many-attempts": "Too many failed sign-ins.",
    "internal": "Something went wrong that should not.",
    "unavailable": "Temporal does not answer; nothing was lost, try again in a moment",
}


def told(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may answer with these kinds of problems, for its OpenAPI."""
    answers: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        status, title, _ = KINDS[kind]
        example = Problem(kind, _TYPICAL_DETAIL[kind]).body()
        if kind == "active-generation":
            example["workflow_id"] = "mcq_0b4f6f0e-3f9c-4f36-9f5e-6f1d0c7a2b11_5d1c9a7e"
        if kind == "invalid":
            example["errors"] = [
                {"field": "target_question_count", "message": "Input should be less than or equal to 1000"}
            ]
        answer = answers.setdefault(
            status,
            {
                "description": HTTPStatus(status).phrase,
                "content": {
                    MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemBody"}, "examples": {}},
                },
            },
        )
        answer["content"][MEDIA_TYPE]["examples"][kind] = {"summary": title, "value": example}
        if status in (429, 503):
            answer["headers"] = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
    return answers
