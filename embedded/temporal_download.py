"""Gets the Temporal CLI by the download that the Temporal SDK brings."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from embedded.command import run
from embedded.errors import UnavailableError
from embedded.logs import Report

# Seconds. The archive is about 60 MB; who can't fetch it in this time is better served by the error.
_TIMEOUT = 300.0


def download(version: str, folder: Path, report: Report, stop_if_cancelled: Callable[[], None]) -> Path:
    """Download into `folder` and return the executable's path. UnavailableError with the reason."""
    what = f"temporal: downloading the Temporal CLI {version}"
    report(what)
    # In a process of its own: the SDK's download can't be cancelled, and starts a server when it has finished. By its
    # path, and with -P, so that this package's files don't stand in for modules of the same names.
    script = Path(__file__).with_name("sdk_download.py")
    command = [sys.executable, "-P", str(script), f"v{version}", str(folder)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    reason = "the SDK downloaded nothing"
    try:
        run(
            command,
            what=what,
            timeout=_TIMEOUT,
            report=report,
            stop_if_cancelled=stop_if_cancelled,
            environment=environment,
        )
    except UnavailableError as error:
        reason = str(error)
    # Even if it failed: the server may have been too slow to start. Only a whole download has this name.
    found = [path for path in folder.glob("temporal-*") if path.suffix != ".downloading"]
    if not found:
        raise UnavailableError(reason)
    return found[0]
