"""Processes of a cluster: one at a time under each name, and faults that lie over each other."""

import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from embedded.process import Mark
from tests.chaos import cluster as clusters
from tests.chaos import processes
from tests.chaos.cluster import Cluster
from tests.chaos.processes import Process, Zygote

AT_ONCE = 8


def _all_at_once(deed: Callable[[int], Any]) -> list[Any]:
    """What the deed gave to each of so many threads, which begin together."""
    together = threading.Barrier(AT_ONCE)

    def one(number: int) -> Any:
        together.wait()
        return deed(number)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(1, AT_ONCE + 1)))


class Pipes:
    """A zygote that is slow to answer, and mixes up who asks at once. It tells the name of the log as the id."""

    def __init__(self, *_arguments: object, **_options: object) -> None:
        self.stdin = self.stdout = self
        self._asked: list[str] = []

    def write(self, line: str) -> None:
        """Note the question."""
        self._asked.append(Path(json.loads(line)["log"]).name)

    def flush(self) -> None:
        """Let somebody else ask."""
        time.sleep(0.01)

    def readline(self) -> str:
        """The answer to the newest question."""
        return self._asked.pop()


@pytest.fixture
def sleeper() -> Iterator[Process]:
    """A process that does nothing."""
    running: list[subprocess.Popen[bytes]] = []

    def start() -> Mark:
        running.append(subprocess.Popen(["sleep", "600"]))
        mark = Mark.of(running[-1].pid)
        assert mark is not None
        return mark

    yield Process("worker-1", start)
    for one in running:
        one.kill()
        one.wait()


def test_who_is_started_by_many_is_started_once() -> None:
    """A recovery and the supervision find it dead at the same time: there is no second one that nobody knows."""
    started = []

    def start() -> Mark:
        time.sleep(0.05)  # the others look meanwhile
        started.append(1)
        mark = Mark.of(os.getpid())
        assert mark is not None
        return mark

    one = Process("one", start)
    _all_at_once(lambda number: one.start() if number % 2 else one.keep_up())
    assert (len(started), one.starts) == (1, 1)


def test_who_is_to_be_down_is_not_kept_up(sleeper: Process) -> None:
    """Not after its end either, which kills also what was just being started."""
    sleeper.held = True
    sleeper.keep_up()
    assert sleeper.starts == 0
    sleeper.held = False
    sleeper.keep_up()
    assert sleeper.starts == 1
    sleeper.end()
    sleeper.keep_up()
    assert sleeper.starts == 1 and not sleeper.lives


def test_each_who_asks_the_zygote_has_its_own_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many ask at once."""
    monkeypatch.setattr(subprocess, "Popen", Pipes)
    zygote = Zygote()
    assert _all_at_once(lambda number: zygote.start([], {}, Path(str(number))).pid) == list(range(1, AT_ONCE + 1))


class Timers:
    """Timers that go off when the test says so."""

    def __init__(self) -> None:
        self.deeds: list[Callable[[], None]] = []
        self.daemon = False

    def __call__(self, _seconds: float, deed: Callable[[], None]) -> "Timers":
        """Make one."""
        self.deeds.append(deed)
        return self

    def start(self) -> None:
        """Wait for the test."""


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch) -> Timers:
    """Those of the clusters."""
    timers = Timers()
    monkeypatch.setattr(threading, "Timer", timers)
    return timers


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sleeper: Process) -> Cluster:
    """One that was not entered, with a sleeper for its worker."""
    monkeypatch.setattr(clusters, "Zygote", lambda: None)
    cluster = Cluster(tmp_path / "home", workers=1)
    cluster.processes[sleeper.name] = sleeper
    sleeper.start()
    return cluster


@pytest.mark.parametrize(("first", "second", "ends"), [(3, 35, [False, True]), (35, 3, [True, True])])
def test_the_last_of_two_freezes_ends_both(
    cluster: Cluster, sleeper: Process, timers: Timers, first: float, second: float, ends: list[bool]
) -> None:
    """The shorter one's timer does not wake up who is to stand still for longer; it is a ghost by then."""
    assert cluster.freeze(sleeper.name, first) and cluster.freeze(sleeper.name, second)
    assert cluster.ghosts == {sleeper.name}
    # What lasts no longer than the fault before gets its end, so both of these timers go off at that moment.
    for deed, thawed in zip(timers.deeds, ends, strict=True):
        deed()
        assert sleeper.frozen is not thawed
    assert cluster.ghosts == set()


def test_a_new_process_is_not_frozen_for_as_long_as_the_one_before(
    cluster: Cluster, sleeper: Process, timers: Timers
) -> None:
    """What was frozen and killed is over: the next freeze has its own end, and makes no ghost."""
    assert cluster.freeze(sleeper.name, 35)
    sleeper.kill()
    _until_dead(sleeper)
    sleeper.start()
    assert cluster.freeze(sleeper.name, 1)
    assert cluster.ghosts == set()
    timers.deeds[0]()
    assert sleeper.frozen
    timers.deeds[1]()
    assert not sleeper.frozen


def test_the_last_of_two_outages_ends_both(cluster: Cluster, sleeper: Process, timers: Timers) -> None:
    """The second one finds nobody to kill and is one all the same: it lasts longer."""
    assert cluster.down(sleeper.name, 2)
    _until_dead(sleeper)
    assert cluster.down(sleeper.name, 8)
    assert not cluster.down(sleeper.name, 1), "it changed nothing"
    timers.deeds[0]()
    assert sleeper.held
    timers.deeds[1]()
    assert not sleeper.held


def test_what_is_stopped_ends_by_itself_or_is_killed(
    cluster: Cluster, sleeper: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that does not hear it, as it is frozen, is killed in time."""
    assert cluster.down(sleeper.name, 2, stop=True)
    assert not sleeper.lives and sleeper.held
    assert not cluster.down(sleeper.name, 0, stop=True), "nobody was there"
    sleeper.start()
    monkeypatch.setattr(processes, "STOPPED_WITHIN", 0.2)
    assert sleeper.freeze() and sleeper.stop()
    _until_dead(sleeper)


def _until_dead(one: Process) -> None:
    while one.lives:
        time.sleep(0.01)
