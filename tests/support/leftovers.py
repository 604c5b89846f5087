"""Open workflows of a worker that was stopped in this process.

The SDK leaves them to the garbage collector, which closes their coroutines whenever it runs, in the middle of another
test's workflow, say, and LangGraph's complain about it. So they are collected where nobody is disturbed.
"""

import gc
import sys
import warnings
from functools import cache


@cache
def keep_what_is_imported() -> None:
    """What is loaded by now is never garbage: collections stay cheap."""
    gc.collect()
    gc.freeze()


def collect_leftovers() -> None:
    """Close what was left, in silence."""
    hook, sys.unraisablehook = sys.unraisablehook, lambda _: None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        while gc.collect():  # what one pass closes, the next one frees
            pass
    sys.unraisablehook = hook
