"""A program under a supervisor that starts it again at once, and a schedule that kills it."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from bench.world import ROOT

# Deaths of its own in a row, none of them ours, after which a program is given up.
DEATHS = 5
# Seconds that a program has to end when it is asked to.
GRACE = 20.0


class GivenUpError(Exception):
    """A program that dies by itself, or does not come to an end."""


@dataclass
class Fate:
    """What happened to a program. `deaths` are those that no kill of ours explains."""

    kills: list[datetime] = field(default_factory=list)
    deaths: int = 0
    seconds: float = 0.0


def moments(seed: int, kills: int, between: tuple[float, float]) -> Iterator[float]:
    """Seconds from the beginning to each kill."""
    draw, at = random.Random(seed), 0.0
    for _ in range(kills):
        at += draw.uniform(*between)
        yield at


def killed_until(
    done: Callable[[], bool],
    command: Sequence[str],
    environment: Mapping[str, str],
    schedule: Iterator[float],
    *,
    log: Path,
    limit: float,
) -> Fate:
    """Run it, kill it at these moments, start it again at once, until it is done; raises GivenUpError."""
    fate, began, in_a_row = Fate(), time.monotonic(), 0
    due = next(schedule, None)
    with log.open("ab") as out:
        process = start(command, environment, out)
        try:
            while not done():
                fate.seconds = time.monotonic() - began
                if fate.seconds > limit:
                    raise GivenUpError(f"not done after {limit:.0f} s; see {log.name}:\n{tail(log)}")
                died = process.poll() is not None
                if died and not done():
                    fate.deaths, in_a_row = fate.deaths + 1, in_a_row + 1
                    if in_a_row >= DEATHS:
                        raise GivenUpError(f"died {DEATHS} times by itself; see {log.name}:\n{tail(log)}")
                    process = start(command, environment, out)
                elif due is not None and fate.seconds >= due:
                    fate.kills.append(datetime.now(UTC))
                    _kill(process)
                    process, due, in_a_row = start(command, environment, out), next(schedule, None), 0
                time.sleep(0.01)
            fate.seconds = time.monotonic() - began
        finally:
            end(process)
    return fate


@contextmanager
def beside(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Iterator[None]:
    """Run a program that nobody kills meanwhile."""
    with log.open("ab") as out:
        process = start(command, environment, out)
        try:
            yield
        finally:
            end(process)


def start(command: Sequence[str], environment: Mapping[str, str], out: IO[bytes]) -> "subprocess.Popen[bytes]":
    """In a process group of its own, so that whatever it starts is struck with it."""
    return subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **environment}, stdout=out, stderr=out, start_new_session=True
    )


def end(process: "subprocess.Popen[bytes]") -> None:
    """Ask it to end, and see to it."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE)
    _kill(process)


def tail(log: Path) -> str:
    """The end of what it said."""
    return log.read_text(errors="replace")[-1500:]


def _kill(process: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(GRACE)
