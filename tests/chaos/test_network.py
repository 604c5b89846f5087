"""The way between two processes is slow, cut, silent or loses answers: for each pair, every kind in turn."""

import time
from collections.abc import Iterator

import pytest

from tests.chaos.cluster import DEMO_MODEL, PAIRS, Cluster, fresh_cluster
from tests.chaos.one_teacher import OneTeacher
from tests.support.proxy import Way
from tests.support.waiting import until_now

QUESTIONS = 14
WINDOW = 2
BROKEN = (Way.SLOW, Way.REFUSING, Way.SILENT, Way.ONE_WAY)
# Seconds for which the way stays broken; of a slow one, how late things arrive.
SECONDS, DELAY = 2.0, 1.5


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """One for all of them, with a proxy between each pair."""
    environment = {"WORKFLOW_WINDOW": str(WINDOW), "WORKFLOW_MIRROR_DELAY": "0.2"}
    with fresh_cluster(workers=1, latency="1-1.5", proxied=True, environment=environment) as running:
        yield running


@pytest.mark.parametrize("pair", PAIRS, ids=" to ".join)
def test_a_broken_way_costs_time_and_nothing_else(cluster: Cluster, pair: tuple[str, str]) -> None:
    """Exactly the questions asked for. What is paid twice was on its way to or from the model when that way broke."""
    teacher = OneTeacher(cluster)
    teacher.generate(QUESTIONS)
    proxy, made = cluster.proxies[pair], 0
    for way in BROKEN:
        made = until_now(teacher.seen, lambda now, before=made: now > before, 60)
        assert made < QUESTIONS, f"too late for {way}"
        proxy.turn(way, DELAY)
        time.sleep(SECONDS)
        proxy.turn(Way.OPEN)
    until_now(teacher.seen, lambda now: now == QUESTIONS, 90)
    teacher.until("completed")
    assert teacher.slots() == list(range(QUESTIONS))
    in_flight = WINDOW * len(BROKEN) if pair == ("worker", DEMO_MODEL) else 0
    assert len(teacher.paid_twice()) <= in_flight
