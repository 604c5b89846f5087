"""The errors of the embedded stack: callers see StackError."""


class StackError(Exception):
    """The stack can't start, go on or stop. The message says what is wrong, where, and what to do."""


class PartDiedError(StackError):
    """A part's process ended before it was ready. Retried a few times before it becomes the error of the stack."""


class NotYetError(StackError):
    """What a part needs before it starts is away. Told at its first start; later ones wait until it is back."""


class CancelledStartError(StackError):
    """The stack was closed while it was starting."""


class UnavailableError(Exception):
    """One way to do something isn't open, others may be; the message is the reason."""
