"""Points at which a test can make the process end as by SIGKILL, to prove what a crash exactly there costs.

Disarmed unless CRASH_FOLDER is set, which settings refuse beside a provider. A file in that folder, named as a point,
is taken by the first process that reaches the point, and ends it. What it leaves is named `<point>.<process id>`.
"""

import os
import signal
from enum import StrEnum
from pathlib import Path


class CrashPoint(StrEnum):
    """Where a process can be ended."""

    # All is read; the model has not been asked.
    BEFORE_CALL = "before_call"
    # The model has answered; nothing is stored.
    AFTER_ANSWER = "after_answer"
    # The answer is stored; Temporal has not been told.
    AFTER_COMMIT = "after_commit"
    # The activity has its result; the next thing is to tell Temporal.
    BEFORE_ACKNOWLEDGEMENT = "before_acknowledgement"


_folder: Path | None = None


def arm(folder: Path | None) -> None:
    """From now on look into this folder; None disarms."""
    global _folder  # noqa: PLW0603 - one process, one switch
    _folder = folder


def reach(point: CrashPoint) -> None:
    """End the process here, if somebody wants it to."""
    if _folder is None:
        return
    try:
        (_folder / point).rename(_folder / f"{point}.{os.getpid()}")
    except OSError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
