"""Child processes: start one so that it outlives us, know it again later, stop it."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it ships no types

from embedded.logs import open_log

# In the environment of every part: finds a part whose pid was never written down, because its starter was killed.
MARKER = "MCQ_STACK_PART"

_POLL = 0.05  # seconds
_AFTER_KILL = 5.0  # seconds a process may take to vanish after its kill signal


@dataclass(frozen=True)
class Mark:
    """A process for ever: its pid may be given to another process, the pair with its start can't."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> "Mark | None":
        """The mark of a process that lives; None if there is none (a zombie doesn't live)."""
        try:
            process = psutil.Process(pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                return None
            return cls(pid, _started(process))
        except psutil.NoSuchProcess:
            return None

    def lives(self) -> bool:
        """Whether exactly this process still runs."""
        return Mark.of(self.pid) == self


def _started(process: psutil.Process) -> str:
    # The kernel's own clock tick count since boot where there is one: the wall-clock time that psutil derives from it
    # moves when the clock is set, and a running part would look like a stranger.
    with suppress(OSError, IndexError):
        stat = Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8", errors="replace")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{stat.rpartition(')')[2].split()[19]}"
    return f"{process.create_time():.2f}"


# Children that were left running on purpose. Kept, as Popen complains when it is collected before its process ended.
_left: list["subprocess.Popen[bytes]"] = []


class Child:
    """A process that is ours to watch: one we started, or one of a dead owner that we adopted."""

    def __init__(self, mark: Mark, popen: "subprocess.Popen[bytes] | None" = None) -> None:
        self.mark = mark
        self._popen = popen

    @property
    def ended(self) -> bool:
        """Whether it runs no more."""
        if self._popen is not None:
            return self._popen.poll() is not None
        return not self.mark.lives()

    @property
    def how_it_ended(self) -> str:
        """For a message: its exit status, where that can be known."""
        code = self._popen.poll() if self._popen is not None else None
        if code is None:
            return "ended"
        return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit status {code}"

    def leave(self) -> None:
        """Watch it no longer and let it run."""
        if self._popen is not None:
            _left.append(self._popen)


def spawn(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    log: Path,
    cwd: Path | None = None,
    user: int | None = None,
    group: int | None = None,
) -> Child:
    """Start a program in a session of its own, its output appended to `log`. OSError where it can't be started."""
    with open_log(log) as output:
        popen = subprocess.Popen(
            command,
            env=environment,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # the terminal's Ctrl-C is for us; we stop the parts in order
            user=user,
            group=group,
            extra_groups=None if user is None else [],
        )
    # It can't be recycled before we wait for it, so the mark is there even if the process ended at once.
    mark = Mark.of(popen.pid) or Mark(popen.pid, "ended")
    return Child(mark, popen)


def stop(mark: Mark, stop_signal: int, stop_timeout: float, kill_signal: int = signal.SIGKILL) -> bool:
    """Ask a process to end and wait; after `stop_timeout` seconds end it by force. Whether it ended by itself."""
    try:
        return _stopped(mark, stop_signal, stop_timeout, kill_signal)
    finally:
        for popen in _left:
            popen.poll()  # reaps it, if it was a child of ours


def _stopped(mark: Mark, stop_signal: int, stop_timeout: float, kill_signal: int) -> bool:
    if _ends(mark, stop_signal, stop_timeout):
        return True
    if kill_signal != signal.SIGKILL and _ends(mark, kill_signal, _AFTER_KILL):
        return False
    _ends(mark, signal.SIGKILL, _AFTER_KILL, whole_group=True)
    return False


def _ends(mark: Mark, number: int, timeout: float, *, whole_group: bool = False) -> bool:
    if not mark.lives():
        return True
    with suppress(ProcessLookupError):
        if whole_group:
            os.killpg(mark.pid, number)  # parts lead their own session, so their pid is their group's
        else:
            os.kill(mark.pid, number)
    deadline = time.monotonic() + timeout
    while mark.lives():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL)
    return True


def marker_of(home: Path, part: str) -> str:
    """The value of MARKER for a part."""
    return f"{home}:{part}"


def find_marked(home: Path, part: str | None = None) -> list[Mark]:
    """Living processes that were started as this part, or any part, of the stack in `home`; not their children."""
    found = []
    for process in psutil.process_iter():
        # Parts lead their session; what they start has their environment too, but not their session id as its pid.
        with suppress(psutil.Error, OSError):
            value = process.environ().get(MARKER, "")
            fits = value == marker_of(home, part) if part is not None else value.startswith(marker_of(home, ""))
            mark = Mark.of(process.pid) if fits and os.getsid(process.pid) == process.pid else None
            if mark is not None:
                found.append(mark)
    return found
