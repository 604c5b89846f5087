"""How often a part may die in a row, and how long to wait before each new start."""

import time

# Seconds of pause before each new start; when they are used up the part has failed. Long enough in sum (7.5 s) for a
# port or a shared-memory block of the dead process to come free, short enough that a person sees the error.
PAUSES = (0.1, 0.4, 1.0, 2.0, 4.0)

# Seconds after which a part that runs has recovered, and its next death is the first again.
STABLE_AFTER = 30.0


class Deaths:
    """The deaths of one part."""

    def __init__(self) -> None:
        self.in_a_row = 0
        self._started = 0.0

    def started(self) -> None:
        """The part was started, or found running."""
        self._started = time.monotonic()

    def count(self) -> float | None:
        """The part died: the seconds to wait before it is started again; None: it is hopeless."""
        if self._started and time.monotonic() - self._started > STABLE_AFTER:
            self.in_a_row = 0
        self.in_a_row += 1
        return PAUSES[self.in_a_row - 1] if self.in_a_row <= len(PAUSES) else None
