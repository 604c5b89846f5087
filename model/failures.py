"""The table of the provider's failures: which are waited out, and which need a person.

Answers that arrive but cannot be used are no failures of the provider; see `model.answer`.
"""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import openai

from domain.signs import CONTROLS, HIDDEN

# However long a provider asks us to wait, we look again after a minute: windows move, and a teacher watches.
MAX_RETRY_AFTER = 60.0

# Statuses that pass by themselves. Every other 4xx needs a change of key, account, model or request.
TRANSIENT_STATUSES = frozenset({408, 409, 425, 429})

# Provider's codes that come with a 429 but do not pass by waiting.
_OUT_OF_QUOTA = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})

# Characters of the provider's own words that are passed on.
_LONGEST_DETAIL = 200
_SECRET = re.compile(r"\b(sk|pk|rk|key|Bearer)[-_ ][\w*.…-]{4,}", re.IGNORECASE)

# Anything shorter is a word such as "none", which servers of one's own are given.
_SHORTEST_KEY = 8
_UNPRINTABLE = re.compile(f"[{CONTROLS}{HIDDEN}]")

_ADVICE = {
    400: "the provider rejected the request",
    401: "the provider rejected the API key; check OPENAI_API_KEY",
    403: "the API key is not allowed to use this model or region",
    404: "the provider does not know this model or address; check OPENAI_MODEL and OPENAI_BASE_URL",
    422: "the provider could not process the request",
}


class ProviderUnavailable(Exception):
    """The provider failed in a way that passes: {reason}. `retry_after` is in seconds, None when it named no time."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class ProviderRejected(Exception):
    """The provider refuses until somebody changes something: {reason}."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def classify(error: openai.OpenAIError, api_key: str = "") -> ProviderUnavailable | ProviderRejected:
    """Turn the client's exception into ours. The text is short, can be stored, and holds no key, URL or content."""
    if isinstance(error, openai.APITimeoutError):
        return ProviderUnavailable("the model did not answer in time")
    if isinstance(error, openai.APIConnectionError):
        return ProviderUnavailable("the model cannot be reached, or the connection broke")
    if isinstance(error, openai.APIStatusError):
        return _classify_status(error, api_key)
    # A success whose body is no JSON of an API: some proxy answered in the provider's place.
    return ProviderUnavailable("the model's answer was not readable")


def _classify_status(error: openai.APIStatusError, api_key: str) -> ProviderUnavailable | ProviderRejected:
    status, code = error.status_code, error.code or error.type or ""
    if status == 429 and code in _OUT_OF_QUOTA:
        return ProviderRejected("the provider account has no quota left (429 insufficient_quota); check its billing")
    if status in TRANSIENT_STATUSES or status >= 500:
        retry_after = parse_retry_after(error.response.headers, datetime.now(UTC))
        name = {429: "rate limit", 503: "overloaded"}.get(status, "provider error")
        return ProviderUnavailable(f"{name} ({status})", retry_after)
    advice = _ADVICE.get(status, "the provider refused the request")
    return ProviderRejected(f"{advice} ({status}{_detail(error, api_key)})")


def _detail(error: openai.APIStatusError, api_key: str) -> str:
    """The provider's own words for errors of the request, which name the parameter; never for those about keys."""
    if error.status_code in (401, 403):
        return ""
    body = error.body
    message = body.get("message") if isinstance(body, dict) else None
    if not message:
        return ""
    words = str(message)
    if len(api_key) >= _SHORTEST_KEY:
        words = words.replace(api_key, "…")  # before it is cut, or the half of a key would remain
    # It goes into history, the database and onto a screen: one line, no NUL, no lone surrogate, no escapes.
    words = _UNPRINTABLE.sub("", " ".join(_SECRET.sub("…", words).split())[:_LONGEST_DETAIL])
    return f": {words.encode('utf-8', 'replace').decode()}"


def parse_retry_after(headers: object, at: datetime) -> float | None:
    """Seconds that `retry-after-ms` or `Retry-After` (seconds or a date) ask for, 0 to 60; None when unreadable."""
    get = getattr(headers, "get", dict[str, str]().get)
    try:
        if (milliseconds := get("retry-after-ms")) is not None:
            seconds = float(milliseconds) / 1000
        elif (value := get("retry-after")) is None:
            return None
        elif re.fullmatch(r"\s*\d+(\.\d*)?\s*", value):
            seconds = float(value)
        else:
            seconds = (parsedate_to_datetime(value).astimezone(UTC) - at).total_seconds()
    except (ValueError, OverflowError):
        return None
    if seconds != seconds:  # noqa: PLR0124 - NaN passes float()
        return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER)
