"""A query that is held while it is answered, outside the workflow's sandbox."""

import threading

asked, answer = threading.Event(), threading.Event()


def reset() -> None:
    """Hold the next one."""
    asked.clear()
    answer.clear()


def hold() -> None:
    """Say that it is asked, and wait, for less time than the SDK allows a workflow to stand still."""
    asked.set()
    answer.wait(1.5)
