"""A process of `mcq` ends with the interpreter's exit codes and words, but without its finalization."""

import subprocess
import sys

import pytest

PROGRAM = """
import atexit, os, sys
from leaving import run_and_leave

class Finalized:
    def __del__(self):
        os.write(1, b"finalized")

kept = Finalized()
atexit.register(lambda: print("at exit"))

def work():
    print("worked")
    {end}

run_and_leave(work)
"""


@pytest.mark.parametrize(
    ("end", "code", "told"),
    [
        ("pass", 0, ""),
        ("sys.exit()", 0, ""),
        ("sys.exit(3)", 3, ""),
        ("sys.exit(False)", 0, ""),
        ("sys.exit('no such thing')", 1, "no such thing"),
        ("raise KeyError('a bug')", 1, "KeyError: 'a bug'"),
        ("raise KeyboardInterrupt", 1, "KeyboardInterrupt"),
    ],
)
def test_the_end_is_told_and_nothing_is_finalized(end: str, code: int, told: str) -> None:
    """Output is flushed and exit handlers run; objects are left to the operating system."""
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(end=end)], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == code
    assert ended.stdout == "worked\nat exit\n"
    assert told in ended.stderr
