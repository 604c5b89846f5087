"""The registry of everything that this process counts, and its text for Prometheus."""

from collections.abc import Iterator, Mapping

import prometheus_client
from prometheus_client import CollectorRegistry, generate_latest, values
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from metrics.sharing import forget_dead_processes

CONTENT_TYPE = prometheus_client.CONTENT_TYPE_PLAIN_0_0_4
REGISTRY = CollectorRegistry()
# Of this process alone, so it is left out where several share a port.
ProcessCollector(registry=REGISTRY)
# A second series beside each counter, which nothing here needs.
prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]


def render(active_workflows: Mapping[str, int] | None = None) -> bytes:
    """All metrics as text, of every process that shares them.

    `active_workflows` is what the database says at this moment (`storage.views.active_workflows`). It is not kept
    anywhere: no process can add to it, and no restart makes it wrong. None leaves it out, when the database is away.
    """
    text = generate_latest(_shared() if are_shared() else REGISTRY)
    if active_workflows is None:
        return text
    return text + generate_latest(_Active(active_workflows))


def are_shared() -> bool:
    """Whether this process writes its metrics to a folder that others read."""
    return bool(values.ValueClass._multiprocess)


def _shared() -> CollectorRegistry:
    forget_dead_processes()
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


class _Active(Collector):
    """A gauge that lives for one text."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self._counts = counts

    def collect(self) -> Iterator[Metric]:
        words = "Generations that are running or paused, as the database has it."
        family = GaugeMetricFamily("active_workflows", words, labels=["workflow_type"])
        for workflow_type, count in self._counts.items():
            family.add_metric([workflow_type], count)
        yield family
