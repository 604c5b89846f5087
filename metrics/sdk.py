"""The Temporal SDK's own metrics in our registry: one port, one text, also where several processes share a port.

The SDK has an exporter of its own (`PrometheusConfig`), but it wants a port for itself in each process, and two
processes cannot share one. So its updates are taken from a `MetricBuffer` and counted here once a second.

Measured with a worker that wrote 200 questions with the demo model: 10,685 updates took 0.057 s of the process's
14.6 s of CPU, 0.4 %. A whole run with the buffer, with the SDK's exporter, and without either did not differ by more
than runs of the same kind do.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from threading import Lock

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.core import Metric
from prometheus_client.registry import Collector
from temporalio.runtime import (
    BUFFERED_METRIC_KIND_COUNTER,
    BUFFERED_METRIC_KIND_GAUGE,
    BufferedMetric,
    BufferedMetricUpdate,
    LoggingConfig,
    MetricBuffer,
    MetricBufferDurationFormat,
    Runtime,
    TelemetryConfig,
)

from metrics.exposition import REGISTRY

# Seconds between two looks into the buffer: what a scrape may be behind.
INTERVAL = 1.0
# Updates that fit in; a worker under full load makes some thousands a second. Beyond it the SDK drops them.
BUFFER_SIZE = 100_000
_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)

_Instrument = Counter | Gauge | Histogram
# Names and values of labels, in the order of the names.
_Labels = tuple[tuple[str, str], ...]


class SdkMetrics(Collector):
    """A runtime to connect with, whose metrics are ours. One a process; `pump` must run as long as the runtime does."""

    def __init__(self, logging: LoggingConfig | None = LoggingConfig.default) -> None:
        self._buffer = MetricBuffer(BUFFER_SIZE, MetricBufferDurationFormat.SECONDS)
        telemetry = TelemetryConfig(logging=logging, metrics=self._buffer, attach_service_name=False)
        self.runtime = Runtime(telemetry=telemetry)
        # The SDK gives one name with different labels at different places; the client library wants them fixed.
        self._instruments: dict[tuple[str, tuple[str, ...]], _Instrument] = {}
        self._series: dict[tuple[str, _Labels], _Instrument] = {}
        self._lock = Lock()  # scrapes come from another thread
        REGISTRY.register(self)

    async def pump(self) -> None:
        """Take what the SDK has counted, once a second, until cancelled."""
        while True:
            self.drain()
            await asyncio.sleep(INTERVAL)

    def drain(self) -> None:
        """Take what the SDK has counted since the last time."""
        updates = self._buffer.retrieve_updates()
        # Equal objects come again and again; within one batch, while all of them live, ids are the quickest key.
        batches: dict[tuple[int, int], list[BufferedMetricUpdate]] = defaultdict(list)
        for update in updates:
            batches[id(update.metric), id(update.attributes)].append(update)
        with self._lock:
            for batch in batches.values():
                self._add(batch)

    def collect(self) -> Iterator[Metric]:
        """The metrics of this process by name, whatever labels they have."""
        by_name: dict[str, list[Metric]] = defaultdict(list)
        with self._lock:
            for (name, _), instrument in self._instruments.items():
                by_name[name].extend(instrument.collect())
        for first, *others in by_name.values():
            for other in others:
                first.samples.extend(other.samples)
            yield first

    def _add(self, batch: Sequence[BufferedMetricUpdate]) -> None:
        metric, attributes = batch[0].metric, batch[0].attributes
        labels = tuple((name, _text(value)) for name, value in sorted(attributes.items()))
        series = self._series.get((metric.name, labels))
        if series is None:
            series = self._series[metric.name, labels] = self._new_series(metric, labels)
        match series:
            case Counter():
                series.inc(sum(update.value for update in batch))
            case Gauge():
                series.set(batch[-1].value)
            case Histogram():
                for update in batch:
                    series.observe(update.value)

    def _new_series(self, metric: BufferedMetric, labels: _Labels) -> _Instrument:
        names = tuple(name for name, _ in labels)
        name = metric.name + ("_seconds" if metric.unit == "s" else "")
        instrument = self._instruments.get((name, names))
        if instrument is None:
            instrument = self._instruments[name, names] = _instrument(metric, name, names)
        return instrument.labels(*(value for _, value in labels)) if names else instrument


def _instrument(metric: BufferedMetric, name: str, labels: Sequence[str]) -> _Instrument:
    """Registered nowhere: `collect` gives it, joined with those of the same name."""
    words = metric.description or metric.name
    if metric.kind == BUFFERED_METRIC_KIND_COUNTER:
        return Counter(name, words, labels, registry=None)
    if metric.kind == BUFFERED_METRIC_KIND_GAUGE:
        return Gauge(name, words, labels, registry=None, multiprocess_mode="livesum")
    return Histogram(name, words, labels, registry=None, buckets=_SECONDS)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
