"""How long the demo model pretends to think."""

import math
from dataclasses import dataclass


class InvalidLatencyError(ValueError):
    """The latency is neither a number of seconds nor a range such as 0.5-3."""


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds before an answer: from `low` to `high`, drawn from the request's hash, so that a run can be repeated."""

    low: float = 0.0
    high: float = 0.0

    @classmethod
    def parse(cls, text: str) -> "Latency":
        """Read "0", "0.25" or "0.5-3"; raises InvalidLatencyError."""
        low, dash, high = text.strip().partition("-")
        try:
            bounds = (float(low), float(high if dash else low))
        except ValueError:
            raise InvalidLatencyError(f"demo_model_latency: {text!r} is not seconds or a range such as 0.5-3") from None
        if not (0 <= bounds[0] <= bounds[1] and math.isfinite(bounds[1])):
            raise InvalidLatencyError(f"demo_model_latency: {text!r} must rise from 0 or more")
        return cls(*bounds)

    def seconds(self, digest: str) -> float:
        """The wait for the request whose body has this hexadecimal hash."""
        return self.low + (self.high - self.low) * int(digest[:8], 16) / 0xFFFFFFFF
