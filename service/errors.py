"""What a request to the service can fail with, each error with what to do."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta

import structlog
from temporalio.service import RPCError, RPCStatusCode

log = structlog.get_logger()

_AWAY = (RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED)


# What to do about what Temporal refuses, by words of its own.
_WHAT_TO_DO = {
    "search attribute": "a server of your own needs: mcq migrate",
    "limit for signal": "no worker has taken in what was sent before; start one, and try again",
}


def _what_to_do(error: RPCError) -> str:
    return "".join(f"; {hint}" for words, hint in _WHAT_TO_DO.items() if words in error.message.lower())


def names_the_namespace(error: RPCError) -> bool:
    """A server that starts, or whose database broke, knows no namespace for a while: not the request's fault."""
    return error.message.lower().startswith("namespace ")


class ServiceError(Exception):
    """A request that cannot be carried out, with what to do."""


class UnknownGeneration(ServiceError):
    """No generation has this workflow id."""


class NotPossible(ServiceError):
    """The generation is not in a state for this."""


class NoOpenRun(NotPossible):
    """Temporal has no such run, or it has ended."""


class ActiveGeneration(NotPossible):
    """The quiz has a running or paused generation already; `workflow_id` names it."""

    def __init__(self, workflow_id: str) -> None:
        super().__init__(f"the quiz has an active generation already: {workflow_id}; wait for it or cancel it")
        self.workflow_id = workflow_id


class CannotResume(NotPossible):
    """A rule of who can be resumed says no; the text says which."""


class NotSupported(ServiceError):
    """The service runs without workflow persistence, and this needs it."""


class KeyReused(ServiceError):
    """The Idempotency-Key came before, with another request."""

    def __init__(self) -> None:
        super().__init__("this Idempotency-Key came before with another quiz or body; use a new key for a new request")


class TemporalUnavailable(ServiceError):
    """Temporal did not answer; the request can be repeated."""


@contextlib.asynccontextmanager
async def temporal_errors(within: timedelta | None = None) -> AsyncIterator[None]:
    """Turn Temporal being away, or slower than `within`, into one error that can be repeated; other errors pass."""
    try:
        # The SDK's own time-out is of one try, and it tries again.
        async with asyncio.timeout(None if within is None else within.total_seconds()):
            yield
    except TimeoutError:
        raise TemporalUnavailable("Temporal does not answer; nothing was lost, try again in a moment") from None
    except RPCError as error:
        if error.status is RPCStatusCode.INVALID_ARGUMENT:
            raise NotPossible(f"Temporal refuses: {error.message}{_what_to_do(error)}") from None
        if error.status is RPCStatusCode.NOT_FOUND and not names_the_namespace(error):
            raise NoOpenRun(f"Temporal has no such open run: {error.message}") from None
        if error.status in _AWAY:
            raise TemporalUnavailable("Temporal does not answer; nothing was lost, try again in a moment") from None
        # Everything else is its trouble and not the request's: too busy, its database away, our access withdrawn.
        log.warning("temporal_refuses", status=error.status.name)
        raise TemporalUnavailable(
            f"Temporal answers {error.status.name}; nothing was lost, try again in a moment"
        ) from None
    except (ConnectionError, RuntimeError):
        # RuntimeError is the SDK's word for a lazy client whose first connection fails.
        raise TemporalUnavailable("Temporal cannot be reached; nothing was lost, try again in a moment") from None
