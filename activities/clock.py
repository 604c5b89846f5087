"""Temporal's clock. Workers' own differ, and what one try notes the next reads on another machine."""

import time
from datetime import datetime, timedelta

from temporalio import activity


class TryClock:
    """What Temporal's clock shows while a try runs: its beginning, as Temporal notes it, and what has passed since."""

    def __init__(self) -> None:
        self._began = activity.info().started_time
        self._since = time.monotonic()

    def now(self) -> datetime:
        """In UTC."""
        return self._began + timedelta(seconds=time.monotonic() - self._since)
