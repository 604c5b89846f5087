"""Counters of generations: each call counts once, in the right place."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from metrics import generations
from metrics.exposition import REGISTRY
from tests.unit.metrics.counted import value


@pytest.mark.parametrize("count", [generations.started, generations.resumed])
def test_starts_and_resumes_are_counted_by_type(count: Callable[[str], None]) -> None:
    """One call, one more of that workflow type, and of no other."""
    name = f"workflow_{count.__name__}_total"
    before = value(name, workflow_type="A")
    count("A")
    assert value(name, workflow_type="A") == before + 1
    assert value(name, workflow_type="B") == 0


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
def test_an_end_is_counted_with_its_duration(status: str) -> None:
    """The counter of that end and no other; the duration stands under the same status."""
    names = {one: f"workflow_{one}_total" for one in ("completed", "failed", "cancelled")}
    before = {one: value(name, workflow_type="E") for one, name in names.items()}
    generations.ended("E", status, timedelta(seconds=42))
    after = {one: value(name, workflow_type="E") for one, name in names.items()}
    assert after == {**before, status: before[status] + 1}
    assert value("workflow_duration_seconds_sum", workflow_type="E", status=status) == 42
    assert value("workflow_duration_seconds_bucket", workflow_type="E", status=status, le="45.0") == 1
    assert value("workflow_duration_seconds_bucket", workflow_type="E", status=status, le="30.0") == 0


def test_an_end_of_unknown_duration_is_counted_without_one() -> None:
    """A row that the reconciler closed tells nothing of how long the work took."""
    generations.ended("U", "failed")
    assert value("workflow_failed_total", workflow_type="U") == 1
    assert value("workflow_duration_seconds_count", workflow_type="U", status="failed") == 0


def test_a_duration_is_never_negative() -> None:
    """Two clocks may disagree; a histogram's sum must not fall."""
    generations.ended("N", "completed", timedelta(seconds=-3))
    assert value("workflow_duration_seconds_sum", workflow_type="N", status="completed") == 0


def test_announced_counters_stand_at_zero() -> None:
    """Prometheus sees the first event as an increase only if there was a 0 before it."""
    generations.announce("Z")
    for name in ("started", "resumed", "completed", "failed", "cancelled"):
        assert REGISTRY.get_sample_value(f"workflow_{name}_total", {"workflow_type": "Z"}) == 0


def test_findings_are_counted_by_name() -> None:
    """What the reconciler found, in its own words."""
    before = value("reconciler_findings_total", finding="lost")
    generations.reconciler_found("lost")
    assert value("reconciler_findings_total", finding="lost") == before + 1
