"""A worker is dead when the kernel says so, and not before."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from activities.presence import Presence, dead_workers, forget
from tests.support.waiting import until_now

A_WORKER = """
import sys, time
from pathlib import Path
from activities.presence import Presence
print(Presence(Path(sys.argv[1])).identity, flush=True)
time.sleep(60)
"""


class Other:
    """A worker's process, as far as presence goes."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen([sys.executable, "-c", A_WORKER, folder], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.identity = self.process.stdout.readline().strip()

    def die(self) -> None:
        """SIGKILL, thawed or frozen."""
        self.process.kill()
        self.process.wait()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Other]:
    """It lives, until it is killed."""
    worker = Other(tmp_path)
    yield worker
    worker.die()


def _dead(folder: Path) -> set[str]:
    with dead_workers(folder) as dead:
        return dead


def _open_files(folder: Path) -> list[str]:
    """Those in the folder that this process has open."""
    descriptors = Path("/proc/self/fd")
    # The one that the listing itself needs is gone by then.
    targets = [os.path.realpath(descriptor) for descriptor in descriptors.iterdir()]
    return [target for target in targets if Path(target).parent == folder]


def test_a_killed_worker_is_told_until_it_is_forgotten(tmp_path: Path, other: Other) -> None:
    """By the identity that Temporal knows, to whoever looks."""
    assert _dead(tmp_path) == set()
    other.die()
    assert _dead(tmp_path) == _dead(tmp_path) == {other.identity}
    forget(tmp_path, other.identity)
    assert _dead(tmp_path) == set()


def test_a_frozen_worker_lives(tmp_path: Path, other: Other) -> None:
    """It may wake up and end its calls: nobody takes them away because it is slow."""
    other.process.send_signal(signal.SIGSTOP)
    stat = Path(f"/proc/{other.process.pid}/stat")
    until_now(lambda: stat.read_text().rpartition(")")[2].split()[0], lambda state: state == "T")
    assert _dead(tmp_path) == set()


def test_one_alone_sees_to_a_death(tmp_path: Path, other: Other) -> None:
    """While one looks, the others see nothing to do."""
    other.die()
    with dead_workers(tmp_path) as first, dead_workers(tmp_path) as second:
        assert (first, second) == ({other.identity}, set())


def test_what_is_no_worker_s_file_hides_no_death(tmp_path: Path, other: Other) -> None:
    """A folder cannot be locked. The death is told, and let go afterwards."""
    for name in (" before all", "~ after all"):
        (tmp_path / name).mkdir()
    other.die()
    assert _dead(tmp_path) == _dead(tmp_path) == {other.identity}


def test_what_cannot_be_locked_is_let_go(tmp_path: Path, other: Other, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is kept open would be locked for ever once a lock is to be had."""
    other.die()

    def no_locks(lock: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "no locks available")

    monkeypatch.setattr("activities.presence.fcntl.flock", no_locks)
    before = _open_files(tmp_path)
    assert _dead(tmp_path) == set()
    with pytest.raises(OSError, match="no locks available"):
        Presence(tmp_path)
    assert _open_files(tmp_path) == before == []
    monkeypatch.undo()
    assert other.identity in _dead(tmp_path)


def test_where_the_folder_is_gone_nobody_is_dead(tmp_path: Path) -> None:
    """Somebody cleaned up. Heartbeats tell of who worked then; who starts makes the folder again."""
    folder = tmp_path / "gone"
    assert _dead(folder) == set()
    presence = Presence(folder)
    assert [path.name for path in folder.iterdir()] == [presence.identity]
    presence.leave()


def test_who_leaves_is_not_dead(tmp_path: Path) -> None:
    """After a drain there is no trace."""
    presence = Presence(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [presence.identity]
    presence.leave()
    assert _dead(tmp_path) == set() and list(tmp_path.iterdir()) == []


def test_no_two_identities_are_the_same(tmp_path: Path) -> None:
    """Not even of one process: a container that is started again has the process id and the name it had."""
    both = Presence(tmp_path), Presence(tmp_path)
    assert both[0].identity != both[1].identity
    assert all(one.identity.startswith(f"{os.getpid()}@") for one in both)
    for one in both:
        one.leave()


def test_a_file_taken_for_a_dead_worker_s_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the making of the file and its lock somebody may have looked."""
    import fcntl  # noqa: PLC0415 - what is replaced

    flock = fcntl.flock
    looked: list[bool] = []

    def first_somebody_looks(lock: int, operation: int) -> None:
        if not looked:
            looked.append(True)
            for identity in _dead(tmp_path):
                forget(tmp_path, identity)
        flock(lock, operation)

    monkeypatch.setattr("activities.presence.fcntl.flock", first_somebody_looks)
    presence = Presence(tmp_path)
    assert looked and [path.name for path in tmp_path.iterdir()] == [presence.identity]
    presence.leave()
