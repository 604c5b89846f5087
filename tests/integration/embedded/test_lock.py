"""Locks end with their holder, however it ends."""

import os
import signal
from pathlib import Path

from embedded.lock import FileLock


def test_forked_child_does_not_keep_the_lock(tmp_path: Path) -> None:
    """A child that its parent forked doesn't hold the parent's locks after the parent was killed."""
    lock, other = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    assert lock.try_acquire()
    ready, done = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(done, b"!")
        signal.pause()
    os.read(ready, 1)
    assert not other.try_acquire()
    lock.forget()  # what the kernel does for a killed process
    assert other.try_acquire()
    other.release()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(ready)
    os.close(done)
