"""The SDK's metrics in our registry: values, labels, and names that come with different labels."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from temporalio.common import MetricMeter

from metrics.exposition import REGISTRY, render
from metrics.sdk import SdkMetrics
from tests.unit.metrics.counted import value


@pytest.fixture
def sdk() -> Iterator[SdkMetrics]:
    """A runtime of its own, gone from the registry after the test."""
    sdk = SdkMetrics(None)
    yield sdk
    REGISTRY.unregister(sdk)


@pytest.fixture
def meter(sdk: SdkMetrics) -> MetricMeter:
    """What the SDK itself counts with."""
    return sdk.runtime.metric_meter


def test_counters_add_up_over_drains(sdk: SdkMetrics, meter: MetricMeter) -> None:
    """The SDK tells differences; what was taken once is not taken again."""
    counter = meter.create_counter("apples")
    counter.add(2)
    counter.add(3)
    sdk.drain()
    sdk.drain()
    counter.add(1)
    sdk.drain()
    assert value("apples_total") == 6


def test_gauges_are_the_last_value(sdk: SdkMetrics, meter: MetricMeter) -> None:
    """However often they changed in between."""
    gauge = meter.create_gauge("slots")
    gauge.set(5)
    gauge.set(2)
    sdk.drain()
    assert value("slots") == 2


def test_durations_are_seconds(sdk: SdkMetrics, meter: MetricMeter) -> None:
    """And their names say so."""
    meter.create_histogram_timedelta("waiting", unit="duration").record(timedelta(milliseconds=20))
    sdk.drain()
    text = render().decode()
    assert "waiting" in text
    families = {family.name: family for family in text_string_to_metric_families(text)}
    (family,) = [families[name] for name in families if name.startswith("waiting")]
    sums = [sample.value for sample in family.samples if sample.name.endswith("_sum")]
    assert sums == [pytest.approx(0.02)]


def test_one_name_with_different_labels_is_one_family(sdk: SdkMetrics, meter: MetricMeter) -> None:
    """The SDK counts a request with a namespace and without; Prometheus refuses a text that repeats a family."""
    meter.with_additional_attributes({"operation": "a"}).create_counter("requests").add(1)
    meter.with_additional_attributes({"operation": "a", "eager": True}).create_counter("requests").add(4)
    sdk.drain()
    assert value("requests_total", operation="a") == 1
    assert value("requests_total", operation="a", eager="true") == 4
    names = [family.name for family in text_string_to_metric_families(render().decode())]
    assert names.count("requests") == 1


def test_equal_labels_from_different_places_are_one_series(sdk: SdkMetrics, meter: MetricMeter) -> None:
    """Sets of labels that were made twice are other objects and the same series."""
    for _ in range(2):
        meter.with_additional_attributes({"operation": "b"}).create_counter("replies").add(1)
    sdk.drain()
    assert value("replies_total", operation="b") == 2
