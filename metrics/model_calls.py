"""Calls of the model: what came of them, and what they cost."""

from prometheus_client import Counter

from metrics.exposition import REGISTRY

# A request may name any model, and every name is a series for ever: beyond this many they are counted together.
MAX_MODELS = 50
OTHER = "other"

_CALLS = Counter("model_calls_total", "Calls of the model, by outcome.", ["model", "outcome"], registry=REGISTRY)
_TOKENS = Counter("model_tokens_total", "Tokens as the provider counted them.", ["model", "kind"], registry=REGISTRY)
_COST = Counter(
    "model_cost_dollars_total",
    "US dollars by the price table; calls of a model without a price are not in it.",
    ["model"],
    registry=REGISTRY,
)
_seen: set[str] = set()


def answered(model: str, *, usable: bool, prompt_tokens: int, completion_tokens: int, cost: float | None) -> None:
    """The model answered, and was paid. `model` is the one that was asked, as for the failures below."""
    name = _known(model)
    _CALLS.labels(name, "usable" if usable else "unusable").inc()
    _TOKENS.labels(name, "prompt").inc(prompt_tokens)
    _TOKENS.labels(name, "completion").inc(completion_tokens)
    if cost is not None:
        _COST.labels(name).inc(cost)


def unavailable(model: str) -> None:
    """No answer, in a way that passes: it is tried again."""
    _CALLS.labels(_known(model), "unavailable").inc()


def rejected(model: str) -> None:
    """No answer, in a way that needs a person."""
    _CALLS.labels(_known(model), "rejected").inc()


def _known(model: str) -> str:
    if model not in _seen and len(_seen) >= MAX_MODELS:
        return OTHER
    _seen.add(model)
    return model
