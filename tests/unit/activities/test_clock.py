"""A try's clock is Temporal's, whatever the worker's own shows."""

import dataclasses
import time
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from temporalio.testing import ActivityEnvironment

from activities.clock import TryClock

BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("wrong", [timedelta(hours=-1), timedelta(), timedelta(hours=1)])
def test_a_wrong_clock_changes_nothing(wrong: timedelta) -> None:
    """From the try's beginning, as Temporal notes it, what has passed counts, and no jump of the worker's clock."""

    def seconds_passed() -> tuple[float, float]:
        before = time.monotonic()
        clock = TryClock()
        with time_machine.travel(datetime.now(UTC) + wrong, tick=True):
            passed = (clock.now() - BEGAN).total_seconds()
        return passed, time.monotonic() - before

    environment = ActivityEnvironment()
    environment.info = dataclasses.replace(environment.info, started_time=BEGAN)
    passed, measured = environment.run(seconds_passed)
    assert 0 <= passed <= measured
