"""The mirror: how long a write takes, and how far PostgreSQL is behind the workflow."""

from datetime import UTC, datetime

from prometheus_client import Histogram

from metrics.exposition import REGISTRY

_WRITES = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
# The mirror is retried without a limit, so an outage of PostgreSQL shows as a lag of minutes.
_LAGS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900)

_WRITE = Histogram(
    "mirror_write_seconds",
    "One write of a snapshot, whether the fence let it in or not.",
    ["workflow_type"],
    buckets=_WRITES,
    registry=REGISTRY,
)
_LAG = Histogram(
    "mirror_lag_seconds",
    "From the moment the workflow sent a snapshot until it was stored; retries and waiting included.",
    ["workflow_type"],
    buckets=_LAGS,
    registry=REGISTRY,
)


def written(workflow_type: str, seconds: float) -> None:
    """A write was answered."""
    _WRITE.labels(workflow_type).observe(seconds)


def landed(workflow_type: str, sent: datetime) -> None:
    """A snapshot that was scheduled at `sent` was accepted just now. Two clocks: the server's and ours."""
    _LAG.labels(workflow_type).observe(max((datetime.now(UTC) - sent).total_seconds(), 0))
