"""When the demo model misbehaves: rules set through `/admin/faults`, and a seeded plan. `fault_answers` shows how."""

import hashlib
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Fault(StrEnum):
    """A way to misbehave."""

    # 429, told how long to wait in seconds, in milliseconds, as a date, or not at all.
    RATE_LIMIT_SECONDS = "rate_limit_seconds"
    RATE_LIMIT_MS = "rate_limit_ms"
    RATE_LIMIT_DATE = "rate_limit_date"
    RATE_LIMIT_BARE = "rate_limit_bare"
    # 429 that no waiting mends: insufficient_quota.
    QUOTA = "quota"
    # 500; 503 with Retry-After; 502 with an HTML page from a proxy; 408; 409.
    SERVER_ERROR = "server_error"
    OVERLOADED = "overloaded"
    BAD_GATEWAY = "bad_gateway"
    TIMEOUT_408 = "timeout_408"
    CONFLICT_409 = "conflict_409"
    # 401, 403, 404, 400, 422: asking again cannot help.
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    BAD_REQUEST = "bad_request"
    UNPROCESSABLE = "unprocessable"
    # Silence until the client leaves; a reset before the answer; a reset in the middle of it.
    STALL = "stall"
    DROP = "drop"
    CUT = "cut"
    # 200, but: stopped at the token limit; no JSON; JSON of another shape; no choice; declined; filtered.
    TRUNCATED = "truncated"
    MALFORMED = "malformed"
    WRONG_SHAPE = "wrong_shape"
    EMPTY_CHOICES = "empty_choices"
    REFUSAL = "refusal"
    CONTENT_FILTER = "content_filter"
    # 200 and the right shape, but: item-writing flaws and an invented quote; 3 MB; lone surrogates; NUL characters.
    FLAWED = "flawed"
    HUGE = "huge"
    SURROGATE = "surrogate"
    NUL = "nul"


DEFAULT_RETRY_AFTER = 1.0
# Longer than any sensible client waits, and still a bound on what a forgotten connection holds.
STALL_LIMIT = 120.0


class InvalidFaultsError(ValueError):
    """A fault plan or rule cannot be understood; the message says which part of it."""


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault that was chosen for a request. `retry_after` is seconds."""

    fault: Fault
    retry_after: float = DEFAULT_RETRY_AFTER


@dataclass(slots=True)
class Rule:
    """A fault on demand: for requests whose id matches, `times` times (None: until cleared)."""

    fault: Fault
    times: int | None = None
    retry_after: float = DEFAULT_RETRY_AFTER
    match: re.Pattern[str] | None = None
    hits: int = 0

    @classmethod
    def parse(cls, raw: Any) -> "Rule":
        """Read one rule of the admin endpoint's JSON; raises InvalidFaultsError."""
        if not isinstance(raw, dict):
            raise InvalidFaultsError("a rule is an object with a kind")
        if unknown := sorted(map(str, raw.keys() - {"kind", "times", "retry_after", "match"})):
            raise InvalidFaultsError(f"unknown field of a rule: {unknown[0]}")
        times = raw.get("times")
        if times is not None and (type(times) is not int or times < 1):
            raise InvalidFaultsError("times is a whole number from 1, or null for until cleared")
        match = raw.get("match")
        if match is not None and not isinstance(match, str):
            raise InvalidFaultsError("match is a regular expression on the request id")
        try:
            pattern = re.compile(match) if match is not None else None
        except (re.error, OverflowError, RecursionError) as error:
            raise InvalidFaultsError(f"match is not a regular expression: {error}") from None
        return cls(_kind(raw.get("kind")), times, _seconds(raw.get("retry_after", DEFAULT_RETRY_AFTER)), pattern)

    def takes(self, request_id: str) -> bool:
        """Whether the rule strikes this request; a strike is counted."""
        if self.times is not None and self.hits >= self.times:
            return False
        if self.match is not None and self.match.search(request_id) is None:
            return False
        self.hits += 1
        return True

    def as_json(self) -> dict[str, Any]:
        """The rule as the admin endpoint shows it."""
        return {
            "kind": self.fault.value,
            "times": self.times,
            "hits": self.hits,
            "retry_after": self.retry_after,
            "match": self.match.pattern if self.match else None,
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """Faults by chance, repeatable: the draw is a pure function of the seed, the request id and the body's hash.

    The request id differs from try to try, so a retry draws anew and no request is doomed.
    """

    seed: str = "0"
    retry_after: float = DEFAULT_RETRY_AFTER
    shares: tuple[tuple[Fault, float], ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Plan":
        """Read "seed=7,server_error=0.05,retry_after=1"; empty is no faults. Raises InvalidFaultsError."""
        seed, retry_after, shares = "0", DEFAULT_RETRY_AFTER, dict[Fault, float]()
        for item in filter(None, (piece.strip() for piece in text.split(","))):
            name, equals, value = (piece.strip() for piece in item.partition("="))
            if not equals:
                raise InvalidFaultsError(f"demo_model_faults: {item!r} is not name=value")
            if name == "seed":
                seed = value
            elif name == "retry_after":
                retry_after = _seconds(value)
            else:
                shares[_kind(name)] = _share(name, value)
        if sum(shares.values()) > 1 + 1e-9:
            raise InvalidFaultsError("demo_model_faults: the shares add up to more than 1")
        return cls(seed, retry_after, tuple(shares.items()))

    def draw(self, request_id: str, digest: str) -> Strike | None:
        """The fault of this request, if any."""
        if not self.shares:
            return None
        material = f"{self.seed}|{request_id}|{digest}".encode("utf-8", "surrogatepass")
        point = int.from_bytes(hashlib.sha256(material).digest()[:8]) / 2**64
        for fault, share in self.shares:
            point -= share
            if point < 0:
                return Strike(fault, self.retry_after)
        return None


@dataclass(slots=True)
class Faults:
    """Both sources. Rules come first, in the order they were added; `clear` leaves the plan in force."""

    plan: Plan = field(default_factory=Plan)
    rules: list[Rule] = field(default_factory=list)

    def choose(self, request_id: str, digest: str) -> Strike | None:
        """What happens to this request; None is a proper answer."""
        for rule in self.rules:
            if rule.takes(request_id):
                return Strike(rule.fault, rule.retry_after)
        return self.plan.draw(request_id, digest)

    def add(self, raw: Any) -> None:
        """Add the rules of an admin request's JSON, all or none; raises InvalidFaultsError."""
        if not isinstance(raw, dict) or not isinstance(raw.get("rules"), list):
            raise InvalidFaultsError('expected {"rules": [{"kind": …}]}')
        self.rules.extend([Rule.parse(rule) for rule in raw["rules"]])

    def as_json(self) -> dict[str, Any]:
        """Everything in force."""
        return {
            "rules": [rule.as_json() for rule in self.rules],
            "plan": {
                "seed": self.plan.seed,
                "retry_after": self.plan.retry_after,
                "shares": {fault.value: share for fault, share in self.plan.shares},
            },
        }


def _kind(name: Any) -> Fault:
    try:
        return Fault(name)
    except ValueError:
        raise InvalidFaultsError(f"unknown fault {name!r}; known: {', '.join(Fault)}") from None


def _seconds(value: Any) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError, OverflowError):
        raise InvalidFaultsError(f"retry_after: {value!r} is not a number of seconds") from None
    if not 0 <= seconds <= 86_400:
        raise InvalidFaultsError("retry_after is between 0 and 86400 seconds")
    return seconds


def _share(name: str, value: str) -> float:
    try:
        share = float(value)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise InvalidFaultsError(f"demo_model_faults: {name}={value!r} is not a share between 0 and 1")
    return share
