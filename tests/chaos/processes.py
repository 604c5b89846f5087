"""One process of the cluster: started, killed, frozen, started again."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it ships no types

from embedded.process import Mark
from tests.support.content import ROOT

# The signal at which what the zygote forked writes the stacks of its threads into its log.
STACKS = signal.SIGUSR1
# Seconds that a process has to end by itself.
STOPPED_WITHIN = 5.0
# Seconds by which the clock of what the zygote forks is ahead; an environment variable.
CLOCK_AHEAD = "CLOCK_AHEAD"


class Zygote:
    """The process that forks ours; see zygote.py."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.zygote"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        # Questions and answers go over one pipe: who asks beside another one would read the other's answer.
        self._asking = threading.Lock()

    def start(self, arguments: list[str], environment: Mapping[str, str], log: Path) -> Mark:
        """Start `mcq` with these arguments."""
        asked = {"arguments": arguments, "environment": dict(environment), "log": str(log)}
        assert self._process.stdin is not None and self._process.stdout is not None
        with self._asking:
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
            pid = int(self._process.stdout.readline())
        return Mark.of(pid) or Mark(pid, "ended")

    def close(self) -> None:
        """End it; what it forked lives on."""
        self._process.communicate()


class Process:
    """A process under a name. `start` gives the mark of a new one; `serves` says whether it answers."""

    def __init__(
        self,
        name: str,
        start: Callable[[], Mark],
        serves: Callable[[], bool] = lambda: True,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.name = name
        self._start = start
        self.serves = serves
        self._stop_signal = stop_signal
        self.mark: Mark | None = None
        # Process ids of all that were started.
        self.pids: list[int] = []
        # When, in the same order.
        self.started_at: list[datetime] = []
        # Somebody wants it to be down: it is not started again.
        self.held = False
        self.frozen = False
        # The supervision, a recovery and a test may start and end it at once: there is never a second one, which
        # nobody would know.
        self._turn = threading.RLock()

    @property
    def starts(self) -> int:
        """How often it was started."""
        return len(self.pids)

    @property
    def lives(self) -> bool:
        """Whether it runs, frozen or not."""
        return self.mark is not None and self.mark.lives()

    def start(self) -> None:
        """Start it unless it runs."""
        with self._turn:
            if not self.lives:
                self.frozen = False
                self.mark = self._start()
                self.pids.append(self.mark.pid)
                self.started_at.append(datetime.now(UTC))

    def keep_up(self) -> None:
        """The same, unless somebody wants it to be down."""
        with self._turn:
            if not self.held:
                self.start()

    def until_ready(self, seconds: float = 120) -> None:
        """Wait until it serves; started again when it dies meanwhile."""
        deadline = time.monotonic() + seconds
        while not self.serves():
            self.start()
            assert time.monotonic() < deadline, f"{self.name} is not ready after {seconds} s"
            time.sleep(0.05)

    def kill(self) -> bool:
        """SIGKILL to it and to all that it started, as when the machine's plug is pulled; whether it lived."""
        with self._turn:  # one that is just being started is killed as well
            return self._signal(signal.SIGKILL)

    def stop(self) -> bool:
        """Have it end by itself, as its operator would; killed when that takes too long. Whether it lived."""
        with self._turn:
            struck = self.mark
            if struck is None or not struck.lives():
                return False
            with suppress(psutil.NoSuchProcess):
                psutil.Process(struck.pid).send_signal(self._stop_signal)
        deadline = time.monotonic() + STOPPED_WITHIN
        while struck.lives() and time.monotonic() < deadline:
            time.sleep(0.02)
        with self._turn:
            if self.mark == struck:
                self.kill()
        return True

    def freeze(self) -> bool:
        """SIGSTOP: it holds its connections and does nothing."""
        self.frozen = self._signal(signal.SIGSTOP)
        return self.frozen

    def thaw(self) -> None:
        """SIGCONT."""
        self._signal(signal.SIGCONT)
        self.frozen = False

    def tell_stacks(self) -> None:
        """Have the stacks of its threads written into its log; for processes that the zygote forked."""
        self._signal(STACKS)

    def end(self) -> None:
        """Kill it for good."""
        self.held = True
        self.kill()
        deadline = time.monotonic() + 10
        while self.lives and time.monotonic() < deadline:
            time.sleep(0.02)

    def _signal(self, number: int) -> bool:
        if self.mark is None or not self.mark.lives():
            return False
        try:
            struck = psutil.Process(self.mark.pid)
            # PostgreSQL's backends lead sessions of their own: a signal to the group would miss them.
            family = [struck, *struck.children(recursive=True)]
        except psutil.NoSuchProcess:
            return False
        for one in family:
            with suppress(psutil.NoSuchProcess):
                one.send_signal(number)
        return True
