"""Builds the Temporal CLI from the pinned Go module in `tools/temporal`."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

from embedded.command import run
from embedded.errors import UnavailableError
from embedded.logs import Report

MODULE = Path(__file__).resolve().parent.parent / "tools" / "temporal"
_PACKAGE = "github.com/temporalio/cli"

# Seconds. Measured: 20 s to fetch and 4.5 minutes to build on two cores; a slow machine may need many times that.
_BUILD_TIMEOUT = 3600.0
# It may fetch a newer toolchain first, where Go is set to do so.
_VERSION_TIMEOUT = 180.0


def toolchain(report: Report, stop_if_cancelled: Callable[[], None]) -> tuple[str, str]:
    """The path of `go` and its version. UnavailableError if it is missing or too old for the module."""
    go = shutil.which("go")
    if go is None:
        raise UnavailableError("there is no `go` on PATH")
    module_file = MODULE / "go.mod"
    if not module_file.is_file():
        raise UnavailableError(f"the Go module {MODULE} isn't there")
    needed_line = re.search(r"^go (\S+)$", module_file.read_text(encoding="utf-8"), re.MULTILINE)
    needed = needed_line[1] if needed_line is not None else "1.25.0"
    try:
        said = run(
            [go, "env", "GOVERSION"],
            what="temporal: asking Go for its version",
            timeout=_VERSION_TIMEOUT,
            report=report,
            stop_if_cancelled=stop_if_cancelled,
            cwd=MODULE,
        )
    except UnavailableError as error:
        raise UnavailableError(f"{go} can't build it, Go {needed} is needed: {error}") from error
    found = re.search(r"go(\d+(?:\.\d+)*)", said)
    if found is None or _numbers(found[1]) < _numbers(needed):
        raise UnavailableError(f"{go} is version {said or 'unknown'}, and Go {needed} is needed")
    return go, found[1]


def build(version: str, folder: Path, report: Report, stop_if_cancelled: Callable[[], None]) -> Path:
    """Build into `folder` and return the executable's path. UnavailableError with the reason."""
    go, _ = toolchain(report, stop_if_cancelled)
    made = folder / "temporal"
    what = f"temporal: building the Temporal CLI {version} with Go (some minutes, once)"
    report(what)
    command = [
        go,
        "build",
        "-mod=readonly",
        "-trimpath",
        "-buildvcs=false",  # the module lies in somebody's repository, or in none
        "-ldflags",
        f"-s -w -X {_PACKAGE}/temporalcli.Version={version}",
        "-o",
        str(made),
        f"{_PACKAGE}/cmd/temporal",
    ]
    try:
        run(command, what=what, timeout=_BUILD_TIMEOUT, report=report, stop_if_cancelled=stop_if_cancelled, cwd=MODULE)
    except UnavailableError as error:
        raise UnavailableError(str(error)) from error
    if not made.is_file():
        raise UnavailableError("go build made no executable")
    return made


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))
