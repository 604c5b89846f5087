"""What a script learns from `mcq`."""

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes, as documented in the README."""

    OK = 0
    # The generation ended with fewer questions than asked for.
    FAILED = 1
    # A request that cannot be carried out: options, content, an unknown or ended generation. Nothing was started.
    USAGE = 2
    # Something this needs cannot be reached or started: PostgreSQL, Temporal, a port, a folder.
    UNAVAILABLE = 3
    # The generation paused itself and waits for a person; the reason was printed.
    PAUSED = 4
    # The generation was cancelled.
    CANCELLED = 5
    # Ctrl-C or SIGTERM; the generation goes on or is paused, as the option said.
    INTERRUPTED = 130
