"""Generations: begun, ended, resumed, and how long they took.

Each is counted by whoever made it so in the database, right after it did: the row that was created, the snapshot that
was accepted, the row that was closed. A repeated request, a snapshot that a retry brings again and a second look of the
reconciler change no row, so they count nothing. A process that is killed between the two loses that one count.
"""

from datetime import timedelta

from prometheus_client import Counter, Histogram

from metrics.exposition import REGISTRY

# From the quickest demo to an hour; a generation of a textbook takes minutes.
_DURATIONS = (1, 2.5, 5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600, 900, 1800, 3600)

_STARTED = Counter(
    "workflow_started_total", "Generations that were asked for and begun.", ["workflow_type"], registry=REGISTRY
)
_RESUMED = Counter(
    "workflow_resumed_total", "Resumes: of a pause, or by a new run after an end.", ["workflow_type"], registry=REGISTRY
)
_ENDED = {
    "completed": Counter(
        "workflow_completed_total", "Generations with every question asked for.", ["workflow_type"], registry=REGISTRY
    ),
    "failed": Counter(
        "workflow_failed_total", "Generations that ended with fewer questions.", ["workflow_type"], registry=REGISTRY
    ),
    "cancelled": Counter(
        "workflow_cancelled_total", "Generations that somebody cancelled.", ["workflow_type"], registry=REGISTRY
    ),
}
_DURATION = Histogram(
    "workflow_duration_seconds",
    "From the request to the end of a generation, pauses and resumes included.",
    ["workflow_type", "status"],
    buckets=_DURATIONS,
    registry=REGISTRY,
)
_FINDINGS = Counter(
    "reconciler_findings_total",
    "Open rows that were mended because Temporal knew better, by what Temporal said.",
    ["finding"],
    registry=REGISTRY,
)


def announce(workflow_type: str) -> None:
    """Show the counters of a workflow type at 0, so that the first one counted is seen as an increase."""
    for counter in (_STARTED, _RESUMED, *_ENDED.values()):
        counter.labels(workflow_type)


def started(workflow_type: str) -> None:
    """A generation's row was created."""
    _STARTED.labels(workflow_type).inc()


def resumed(workflow_type: str) -> None:
    """A generation goes on: after a pause, or in a new run."""
    _RESUMED.labels(workflow_type).inc()


def ended(workflow_type: str, status: str, duration: timedelta | None = None) -> None:
    """A generation's row was closed as `completed`, `failed` or `cancelled`; `duration` where it is known."""
    _ENDED[status].labels(workflow_type).inc()
    if duration is not None:
        _DURATION.labels(workflow_type, status).observe(max(duration.total_seconds(), 0))


def reconciler_found(finding: str) -> None:
    """The reconciler mended a row."""
    _FINDINGS.labels(finding).inc()
