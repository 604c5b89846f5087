"""Starts processes of `mcq` by fork, for campaigns that kill a thousand of them.

Most of a worker's start is imports, four seconds of CPU. This process imports once and forks; what runs in the child is
`mcq worker` or `mcq api` as ever, with its own sockets, threads and memory. Nothing of the SDK runs before the fork.

One JSON object a line on stdin asks for a process, one line on stdout tells its id.
"""

import faulthandler
import json
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine

import api.server
import cli
import worker
from leaving import run_and_leave
from tests.chaos.processes import CLOCK_AHEAD, STACKS

IMPORTED = (api.server, worker)


def main() -> None:
    """Fork until stdin ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps them: a killed child is gone, not a zombie
    for line in sys.stdin:
        asked = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _become(asked)
        print(pid, flush=True)  # noqa: T201 - the answer


def _become(asked: dict[str, Any]) -> None:
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(asked["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, file in enumerate((nothing, log, log)):
        os.dup2(file, number)
    faulthandler.register(STACKS)  # into the log, for campaigns that are stuck
    os.environ.clear()
    os.environ.update(asked["environment"])
    sys.argv = ["mcq", *asked["arguments"]]
    if ahead := float(os.environ.pop(CLOCK_AHEAD, "0")):
        time_machine.travel(datetime.now(UTC) + timedelta(seconds=ahead), tick=True).start()
    run_and_leave(cli.run)


if __name__ == "__main__":
    main()
