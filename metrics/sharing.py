"""One set of metrics for several processes that serve one port: prometheus_client's files in a shared folder.

A scrape reaches any one of the processes, so each must be able to tell the sum of all. The library decides between
its two modes when it is imported, by PROMETHEUS_MULTIPROC_DIR. This module must therefore not import it at the top.
"""

import os
from pathlib import Path

import psutil  # type: ignore[import-untyped] # ships no types

_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def share_between_processes(folder: Path) -> None:
    """Let the processes that are started from now on share their metrics in `folder`, which is emptied.

    To be called in the parent, before its children are spawned. A process that has imported prometheus_client already
    stays alone, the parent too; that is as it should be, for it serves nothing. Not for a process that also starts
    workers: they would inherit the folder, and count into what is scraped elsewhere.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*.db"):
        file.unlink()
    os.environ[_FOLDER] = str(folder)


def mark_process_dead(pid: int) -> None:
    """Forget the live gauges of a process that ended; its counters stay, for what they counted happened."""
    from prometheus_client import multiprocess  # noqa: PLC0415 - see the module's docstring

    if _FOLDER in os.environ:
        multiprocess.mark_process_dead(pid)  # type: ignore[no-untyped-call]


def forget_dead_processes() -> None:
    """The same for every process that is no more: one that was killed told nobody."""
    for file in Path(os.environ[_FOLDER]).glob("gauge_live*_*.db"):
        pid = int(file.stem.rpartition("_")[2])
        if not psutil.pid_exists(pid):
            mark_process_dead(pid)
