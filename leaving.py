"""How a process ends: everything is flushed, then it is gone, without the interpreter's finalization.

Temporal's SDK runs threads of its own, written in Rust, and gives no way to join them. One that hands a result or a log
line to Python while the interpreter takes itself apart ends the process with SIGSEGV or SIGABRT: seen here as exit code
-11 in the place of 3, and known upstream (github.com/temporalio/sdk-python/issues/300). A supervisor that reads exit
codes must not be told of a crash that was none.
"""

import atexit
import contextlib
import logging
import os
import sys
from collections.abc import Callable
from typing import NoReturn


def run_and_leave(work: Callable[[], None]) -> NoReturn:
    """Run `work`, then end the process as Python would have: same exit code, same last words."""
    try:
        work()
        code = 0
    except SystemExit as error:
        code = _code(error)
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
        code = 1
    _flush()
    os._exit(code)


def _code(error: SystemExit) -> int:
    """As the interpreter reads it: no code is success, a text is told and is a failure."""
    if error.code is None:
        return 0
    if isinstance(error.code, int):
        return error.code
    sys.stderr.write(f"{error.code}\n")
    return 1


def _flush() -> None:
    """What finalization would have done for us. A reader of our output that has left is no reason for a traceback."""
    atexit._run_exitfuncs()  # metrics of several processes and children are seen to by these
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
