"""Requests of the API, and the readers of its event streams."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from prometheus_client import Gauge, Histogram

from metrics.exposition import REGISTRY

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# For a path that no route matched: the path itself is the client's to choose, and would be a series each.
UNMATCHED = "unmatched"

_REQUESTS = Histogram(
    "http_request_seconds",
    "Requests of the API, until the answer began; by the route's template, not by the path.",
    ["method", "route", "status"],
    buckets=_SECONDS,
    registry=REGISTRY,
)
_READERS = Gauge("sse_readers", "Open streams of events.", registry=REGISTRY, multiprocess_mode="livesum")
# A process may get the id of one that was killed, and would read that one's readers from its file.
_READERS.set(0)


def observe_request(method: str, route: str | None, status: int, seconds: float) -> None:
    """A request was answered. `route` is the template (`/quizzes/{quiz_id}`), None where no route matched."""
    _series(method if method in _METHODS else "OTHER", route or UNMATCHED, status).observe(seconds)


@cache  # bounded by the routes and statuses that there are; looking a series up costs more than counting in it
def _series(method: str, route: str, status: int) -> Histogram:
    return _REQUESTS.labels(method, route, str(status))


@contextmanager
def sse_reader() -> Iterator[None]:
    """Count a reader of events for as long as it reads, however it leaves."""
    _READERS.inc()
    try:
        yield
    finally:
        _READERS.dec()
