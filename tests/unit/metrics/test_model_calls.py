"""Counters of the model: outcomes, tokens and cost, with a bound on the names."""

import pytest

from metrics import model_calls
from tests.unit.metrics.counted import value


@pytest.fixture(autouse=True)
def _no_names_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_calls, "_seen", set())


def test_an_answer_is_counted_with_tokens_and_cost() -> None:
    """Usable or not, it was paid."""
    model_calls.answered("m-1", usable=True, prompt_tokens=100, completion_tokens=20, cost=0.25)
    model_calls.answered("m-1", usable=False, prompt_tokens=10, completion_tokens=5, cost=0.5)
    assert value("model_calls_total", model="m-1", outcome="usable") == 1
    assert value("model_calls_total", model="m-1", outcome="unusable") == 1
    assert value("model_tokens_total", model="m-1", kind="prompt") == 110
    assert value("model_tokens_total", model="m-1", kind="completion") == 25
    assert value("model_cost_dollars_total", model="m-1") == 0.75


def test_an_unknown_price_is_no_price() -> None:
    """It adds nothing, and shows no series that would read as free."""
    model_calls.answered("m-2", usable=True, prompt_tokens=1, completion_tokens=1, cost=None)
    assert "m-2" not in {sample.labels["model"] for family in model_calls._COST.collect() for sample in family.samples}


def test_failures_are_told_apart() -> None:
    """What passes and what needs a person; neither was paid."""
    model_calls.unavailable("m-3")
    model_calls.rejected("m-3")
    assert value("model_calls_total", model="m-3", outcome="unavailable") == 1
    assert value("model_calls_total", model="m-3", outcome="rejected") == 1
    assert value("model_tokens_total", model="m-3", kind="prompt") == 0


def test_names_beyond_the_bound_are_counted_together() -> None:
    """Whoever may name a model cannot fill the memory with series; names seen before keep their own."""
    before = value("model_calls_total", model=model_calls.OTHER, outcome="rejected")
    for number in range(model_calls.MAX_MODELS + 10):
        model_calls.rejected(f"made-up-{number}")
    model_calls.rejected("made-up-0")
    assert value("model_calls_total", model=model_calls.OTHER, outcome="rejected") == before + 10
    assert value("model_calls_total", model="made-up-0", outcome="rejected") == 2
