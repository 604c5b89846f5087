"""Whatever Temporal answers, the service knows what to say of it; no status is a fault of ours."""

import asyncio
from datetime import timedelta

import pytest
from temporalio.service import RPCError, RPCStatusCode

from service.errors import NotPossible, TemporalUnavailable, temporal_errors

OF_THE_REQUEST = {RPCStatusCode.INVALID_ARGUMENT, RPCStatusCode.NOT_FOUND}


@pytest.mark.parametrize("status", RPCStatusCode)
async def test_every_status_is_told(status: RPCStatusCode) -> None:
    """Two are about the request; all others mean that the same request may succeed later."""
    expected = NotPossible if status in OF_THE_REQUEST else TemporalUnavailable
    with pytest.raises(expected):
        async with temporal_errors():
            raise RPCError("busy", status, b"")


async def test_a_namespace_that_is_not_there_is_no_fault_of_the_request() -> None:
    """A server that starts, or whose database broke under it, knows none for a while."""
    with pytest.raises(TemporalUnavailable):
        async with temporal_errors():
            raise RPCError("Namespace default is not found.", RPCStatusCode.NOT_FOUND, b"")


async def test_a_call_that_takes_too_long_is_ended() -> None:
    """The bound is of the whole, also where the SDK tries again by itself."""
    with pytest.raises(TemporalUnavailable):
        async with temporal_errors(timedelta(milliseconds=1)):
            await asyncio.Event().wait()


async def test_a_connection_that_cannot_be_made_is_told() -> None:
    """In both forms in which the SDK says so."""
    for error in (ConnectionError("refused"), RuntimeError("lazy client")):
        with pytest.raises(TemporalUnavailable):
            async with temporal_errors():
                raise error


@pytest.mark.parametrize(
    ("says", "hint"),
    [
        ("search attribute McqQuiz is not defined", "; a server of your own needs: mcq migrate"),
        ("exceeded workflow execution limit for signal events", "; no worker has taken in what was sent before.*"),
        ("Identity is not set", ""),
    ],
)
async def test_a_refusal_says_what_to_do(says: str, hint: str) -> None:
    """Where we know it; else what Temporal said, and no more."""
    with pytest.raises(NotPossible, match=f"^Temporal refuses: {says}{hint}$"):
        async with temporal_errors():
            raise RPCError(says, RPCStatusCode.INVALID_ARGUMENT, b"")
