"""Finds the `temporal` executable, or gets one: the setting, PATH, the user's cache, a download, a build."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

from embedded import temporal_build, temporal_download
from embedded.errors import StackError, UnavailableError
from embedded.lock import FileLock
from embedded.logs import Report
from embedded.state import sync_folder

# The newest release that builds as a Go module (tools/temporal); downloads are of the same one, so that a database file
# is never opened by two versions of the server.
VERSION = "1.5.1"

# The oldest one on PATH that knows our flags.
_OLDEST = (1, 1)

_VERSION_TIMEOUT = 30.0  # seconds; a big executable on a cold disk takes a few
_PARTIAL = "partial-"  # prefix of what isn't whole yet


def cached() -> Path:
    """Where the executable that we got is kept, whether it is there or not."""
    return platformdirs.user_cache_path("mcq") / "temporal" / VERSION / "temporal"


def version_of(executable: Path) -> str:
    """What `temporal --version` says, e.g. "1.5.1 (Server 1.29.1, UI 2.42.1)". UnavailableError if it doesn't run."""
    try:
        done = subprocess.run(
            [str(executable), "--version"],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            timeout=_VERSION_TIMEOUT,
            check=False,
        )
    except OSError as error:
        raise UnavailableError(f"{executable} doesn't run: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise UnavailableError(f"{executable} --version didn't answer within {_VERSION_TIMEOUT:g} s") from error
    found = re.match(r"temporal version (\S+.*)", done.stdout)
    if done.returncode != 0 or found is None:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise UnavailableError(
            f"{executable} isn't a Temporal CLI: --version gave exit status {done.returncode}, {said[:1]}"
        )
    return found[1]


def find(setting: Path | None) -> tuple[Path, str] | None:
    """An executable that is there, and where it was; None if one has to be made. StackError for a wrong setting."""
    if setting is not None:
        executable = setting.expanduser().absolute()
        try:
            version_of(executable)
        except UnavailableError as error:
            raise StackError(f"TEMPORAL_CLI is {setting}, but {error}. Mend or remove the setting.") from error
        return executable, "the setting TEMPORAL_CLI"
    try:
        return _on_path(), "PATH"
    except UnavailableError:
        return (cached(), "the cache") if _is_executable(cached()) else None


def find_or_make(setting: Path | None, report: Report, stop_if_cancelled: Callable[[], None]) -> Path:
    """The executable. May take minutes the first time. StackError names every way that was tried, with its reason."""
    found = find(setting)
    if found is not None:
        return found[0]
    folder = cached().parent
    tried = [f"PATH: {_reason(_on_path)}", f"the cache: {cached()} isn't there"]
    with _alone(folder, report, stop_if_cancelled):
        if _is_executable(cached()):  # somebody made it while we waited
            return cached()
        for leftover in folder.glob(f"{_PARTIAL}*"):
            _remove(leftover)
        ways = (
            ("the download by the Temporal SDK", temporal_download.download),
            ("a build with Go", temporal_build.build),
        )
        for way, make in ways:
            partial = folder / f"{_PARTIAL}{os.getpid()}"
            try:
                partial.mkdir()
                _keep(make(VERSION, partial, report, stop_if_cancelled))
            except UnavailableError as error:
                tried.append(f"{way}: {error}")
                report(f"temporal: {way} isn't possible: {error}")
            else:
                return cached()
            finally:
                _remove(partial)
    ways_tried = "\n".join(f"  - {line}" for line in tried)
    raise StackError(
        f"No Temporal CLI, which the embedded Temporal server needs. Tried:\n{ways_tried}\n"
        "Do one of these: install the CLI (https://docs.temporal.io/cli) so that `temporal` is on PATH; set "
        "TEMPORAL_CLI to its path; install Go, so that it can be built; or set TEMPORAL_ADDRESS to a server of yours."
    )


def _on_path() -> Path:
    found = shutil.which("temporal")
    if found is None:
        raise UnavailableError("there is no `temporal`")
    executable = Path(found)
    version = version_of(executable)
    number = re.match(r"(\d+)\.(\d+)", version)
    if number is None or (int(number[1]), int(number[2])) < _OLDEST:
        raise UnavailableError(f"{executable} is version {version}; at least {_OLDEST[0]}.{_OLDEST[1]} is needed")
    return executable


def why_not_on_path() -> str:
    """Why the one on PATH isn't used, for `mcq doctor`."""
    return _reason(_on_path)


def _reason(way: Callable[[], object]) -> str:
    try:
        way()
    except UnavailableError as error:
        return str(error)
    return "there is one by now"


def _is_executable(path: Path) -> bool:
    try:
        return path.is_file() and os.access(path, os.X_OK)
    except OSError:  # HOME may still be that of another user, after sudo
        return False


def _keep(made: Path) -> None:
    """Move an executable into the cache, if it works. Killed at any point, no half of it has the final name."""
    made.chmod(0o755)
    version_of(made)
    with made.open("rb") as file:
        os.fsync(file.fileno())
    made.replace(cached())
    sync_folder(cached().parent)


@contextmanager
def _alone(folder: Path, report: Report, stop_if_cancelled: Callable[[], None]) -> Iterator[None]:
    """Hold the lock of the cache, as two at once would do the work twice."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StackError(
            f"Can't make the cache folder {error.filename or folder}: {error.strerror}. Set XDG_CACHE_HOME."
        ) from error
    lock = FileLock(folder / "lock")

    def waiting(seconds: float) -> None:
        stop_if_cancelled()
        report(f"temporal: waiting for another process that gets the Temporal CLI: {seconds:.0f} s")

    lock.acquire(waiting=waiting)
    try:
        yield
    finally:
        lock.release()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
