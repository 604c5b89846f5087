"""What the tries of a step tell each other of an outage."""

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from activities.heartbeat import Outage, heartbeating, outage_met

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BEFORE = NOW - timedelta(minutes=5)


@pytest.mark.parametrize(
    ("told", "outage"),
    [
        ([], Outage(NOW, 1)),
        ([BEFORE.timestamp(), 3], Outage(BEFORE, 4)),
        # By a worker of an earlier version.
        ([BEFORE.timestamp()], Outage(BEFORE, 1)),
    ],
)
async def test_an_outage_goes_on_from_try_to_try(told: list[Any], outage: Outage) -> None:
    """It begins with the first try that met it; what the next one is told is what this one found."""
    beats: list[tuple[Any, ...]] = []
    environment = ActivityEnvironment()
    environment.info = dataclasses.replace(environment.info, heartbeat_details=told)
    environment.on_heartbeat = lambda *details: beats.append(details)

    @heartbeating
    async def step() -> Outage:
        return outage_met(NOW)

    assert await environment.run(step) == outage
    assert beats[-1] == (outage.began.timestamp(), outage.met)
