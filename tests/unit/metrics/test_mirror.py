"""The mirror's lag and writes."""

from datetime import UTC, datetime, timedelta

import pytest

from metrics import mirror
from tests.unit.metrics.counted import value


def test_the_lag_is_counted_from_the_sending() -> None:
    """From the moment that the snapshot was scheduled until now."""
    mirror.landed("L", datetime.now(UTC) - timedelta(seconds=20))
    assert value("mirror_lag_seconds_sum", workflow_type="L") == pytest.approx(20, abs=5)
    assert value("mirror_lag_seconds_bucket", workflow_type="L", le="10.0") == 0


def test_a_lag_is_never_negative() -> None:
    """The server's clock may be ahead of ours."""
    mirror.landed("F", datetime.now(UTC) + timedelta(seconds=20))
    assert value("mirror_lag_seconds_count", workflow_type="F") == 1
    assert value("mirror_lag_seconds_sum", workflow_type="F") == 0


def test_buckets_tell_milliseconds_apart() -> None:
    """A write takes some milliseconds; a histogram that begins at 5 ms would show nothing."""
    mirror.written("W", 0.004)
    assert value("mirror_write_seconds_bucket", workflow_type="W", le="0.0025") == 0
    assert value("mirror_write_seconds_bucket", workflow_type="W", le="0.005") == 1
