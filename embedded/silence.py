"""When a part that runs, and was ready, has been silent for so long that it must be started again."""

import time
from collections.abc import Callable

# Seconds between two questions, and how many in a row must go unanswered. What refuses at once is given up after 20 s,
# what does not answer at all after 40: longer than a busy machine makes anybody wait, and far shorter than the patience
# of the steps that wait for it.
ASK_EVERY = 2.0
UNANSWERED = 10


class Silence:
    """The unanswered questions of one part, in a row."""

    def __init__(self) -> None:
        self._asked = time.monotonic()
        self._unanswered = 0

    def is_too_long(self, answers: Callable[[], bool]) -> bool:
        """Ask, when it is time to. Questions are counted and not seconds: we may have been frozen ourselves."""
        return time.monotonic() - self._asked >= ASK_EVERY and self.lasts(answers())

    def lasts(self, answered: bool) -> bool:
        """Note whether there was an answer. True: that was one silence too many."""
        self._asked = time.monotonic()
        self._unanswered = 0 if answered else self._unanswered + 1
        return self._unanswered >= UNANSWERED
