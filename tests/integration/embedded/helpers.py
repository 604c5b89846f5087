"""What the tests of the embedded stack share: waiting with a deadline, users in other processes, a toy part."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from embedded import process
from embedded.part import Addresses, ExtraPart, Launch
from settings import Settings

HERE = Path(__file__).parent
ROOT = HERE.parent.parent.parent
# Addresses where nothing listens: with them the stack starts no server of its own, and a test takes no time.
NO_POSTGRES = "postgresql://nobody:nothing@127.0.0.1:1/none"
NO_TEMPORAL = "127.0.0.1:1"

_T = TypeVar("_T")


def eventually(check: Callable[[], _T], what: str, seconds: float = 20.0) -> _T:
    """The first true value of `check`; a failure that says what was waited for otherwise."""
    deadline = time.monotonic() + seconds
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.02)


def settings_for(home: Path, *, postgres: bool = False, temporal: bool = False) -> Settings:
    """Settings of a stack that starts the named servers and no other."""
    return Settings(
        _env_file=None,
        mcq_home=home,
        database_url=None if postgres else NO_POSTGRES,
        temporal_address=None if temporal else NO_TEMPORAL,
    )


def toy(name: str = "toy", environment: Mapping[str, str] | None = None, **options: Any) -> ExtraPart:
    """A small HTTP server as a part; it answers with its pid and the value of TOY."""

    def build(_: Addresses, port: int | None) -> Launch:
        return Launch((sys.executable, str(HERE / "toy_server.py"), str(port)), environment or {})

    return ExtraPart(name, build, port=True, **{"ready": "/", **options})


def part_pid(home: Path, part: str) -> int | None:
    """The pid of a part, as the state file tells it; None while it isn't ready."""
    try:
        record = json.loads((home / "stack.json").read_text())["parts"].get(part)
    except FileNotFoundError:
        return None
    return record["pid"] if record and record["ready"] else None


def restarted(home: Path, part: str, before: int) -> int:
    """Wait until a part is ready with another pid than before, and return it."""

    def now() -> int | None:
        pid = part_pid(home, part)
        return pid if pid != before else None

    return eventually(now, f"{part} started again") or 0


def lives(pid: int) -> bool:
    """Whether a process runs; a zombie doesn't."""
    return process.Mark.of(pid) is not None


def kill(pid: int) -> None:
    """SIGKILL a process and wait for its end."""
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: not lives(pid), "it ended")


def contents(folder: Path) -> dict[str, bytes | None]:
    """Every file of a folder, to see that nothing changed."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() and not path.is_symlink() else None
        for path in sorted(folder.rglob("*"))
    }


class OtherUser:
    """A process of its own that uses the stack: see `stack_user.py`."""

    def __init__(self, home: Path, *, wait: bool = True, **options: Any) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "stack_user.py"), json.dumps({"home": str(home), **options})],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            start_new_session=True,
        )
        self.reports: list[str] = []
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        if wait:
            self.ready = self.answer("ready")

    def _read(self) -> None:
        for line in self.process.stdout or ():
            said = json.loads(line)
            if "report" in said:
                self.reports.append(said["report"])
            else:
                self._answers.put(said)

    def answer(self, kind: str, seconds: float = 30.0) -> Any:
        """The next answer, which must be of this kind."""
        said = self._answers.get(timeout=seconds)
        assert kind in said, said
        return said[kind]

    def tell(self, command: str) -> Any:
        """Give a command and return what it answers."""
        assert self.process.stdin is not None
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.answer(command)

    def kill(self) -> None:
        """SIGKILL, as a crash would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def end(self) -> None:
        """End it, whatever it does."""
        if self.process.poll() is None:
            self.kill()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()
