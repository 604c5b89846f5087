"""What a part needs before it starts may be away."""

import time
from collections.abc import Callable

from embedded.errors import NotYetError
from embedded.logs import Reporter
from embedded.part import Context, Part, Program

_ASK_AGAIN = 1.0  # seconds
_TELL_AGAIN = 60.0


def prepared(
    part: Part, context: Context, *, has_run: bool, report: Reporter, pause: Callable[[float], None]
) -> Program:
    """The part's program. Raises NotYetError at its first start, so that somebody hears of it at once.

    Of one that has run before, what it needs, such as a server that died with it, comes back: then it waits.
    """
    told, when = "", 0.0
    while True:
        try:
            return part.prepare(context)
        except NotYetError as reason:
            if not has_run:
                raise
            if told != str(reason) or time.monotonic() - when > _TELL_AGAIN:
                told, when = str(reason), time.monotonic()
                report(f"{part.name} waits to be started again: {told}")
        pause(_ASK_AGAIN)
