"""Runs a long command with progress, a time limit and cancellation, and leaves nothing of it running."""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from embedded.errors import UnavailableError
from embedded.logs import Report

_POLL = 0.05  # seconds
_REPORT_EVERY = 5.0


def run(
    command: Sequence[str],
    *,
    what: str,
    timeout: float,
    report: Report,
    stop_if_cancelled: Callable[[], None],
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Run a command and return its output. `timeout` in seconds; `what` is told with the time so far.

    UnavailableError if it can't be run, fails or takes too long; what `stop_if_cancelled` raises passes through.
    """
    began = told = time.monotonic()
    with tempfile.TemporaryFile() as output:
        try:
            popen = subprocess.Popen(
                command,
                cwd=cwd,
                env=environment,
                stdin=subprocess.PIPE,  # by whose end a child may know that we were killed
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that its own children end with it
            )
        except OSError as error:
            raise UnavailableError(f"{command[0]} can't be run: {error.strerror}") from error
        try:
            while popen.poll() is None:
                stop_if_cancelled()
                now = time.monotonic()
                if now - began > timeout:
                    raise UnavailableError(f"it took longer than {timeout:g} s")
                if now - told >= _REPORT_EVERY:
                    told = now
                    report(f"{what}: {now - began:.0f} s")
                time.sleep(_POLL)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(popen.pid, signal.SIGKILL)
            popen.communicate()
        output.seek(0)
        text = output.read().decode(errors="replace").strip()
    if popen.returncode != 0:
        words = " ".join(text.splitlines()[-3:])
        raise UnavailableError(f"exit status {popen.returncode}: {words[-600:]}")
    return text
