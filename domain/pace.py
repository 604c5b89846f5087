"""How fast questions are finished, measured from a generation's own progress; recent progress counts most."""

from dataclasses import dataclass
from typing import Self

# Seconds after which progress counts half.
HALF_LIFE = 60.0
# A longer silence is an outage or a machine asleep, and tells nothing of how fast questions are written.
LONGEST_STEP = 120.0


@dataclass(frozen=True, slots=True)
class Pace:
    """Questions finished in so many seconds, both with what is long ago discounted."""

    questions: float = 0.0
    seconds: float = 0.0

    def after(self, questions: int, seconds: float) -> Self:
        """The pace once `questions` more were finished within `seconds` more."""
        step = min(max(seconds, 0.0), LONGEST_STEP)
        keep = 0.5 ** (step / HALF_LIFE)
        return type(self)(self.questions * keep + questions, self.seconds * keep + step)

    def seconds_for(self, remaining: int) -> float | None:
        """How long `remaining` questions take at this pace; None while nothing is known."""
        return remaining * self.seconds / self.questions if self.questions > 0 else None
