"""Ids on each line of an activity, and an SDK that writes no payloads."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import structlog
import temporalio.activity
import temporalio.workflow
from structlog.contextvars import get_contextvars
from temporalio.testing import ActivityEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from temporal_logs import ActivityLogs, core_logs, quiet_sdk_logs


@dataclass
class Wrapped:
    """What LangGraph's plugin makes of a node's state."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)


class Innermost(ActivityInboundInterceptor):
    """The activity itself: returns what is bound while it runs."""

    def __init__(self) -> None:
        super().__init__(self)

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK's name
        """Look around, and fail if asked to."""
        if input.args == ["fail"]:
            raise ValueError("asked to")
        return dict(get_contextvars())


async def bound(*arguments: Any) -> dict[str, Any]:
    """What is bound while an activity with these arguments runs."""
    call = ExecuteActivityInput(fn=lambda: None, args=list(arguments), executor=None, headers={})

    async def execute() -> dict[str, Any]:
        return dict(await ActivityLogs().intercept_activity(Innermost()).execute_activity(call))

    return dict(await ActivityEnvironment().run(execute))


async def test_the_ids_are_bound() -> None:
    """Workflow, run, activity and attempt; no slot where the input has none."""
    info = ActivityEnvironment.default_info()
    assert await bound({"quiz_id": "q"}) == {
        "workflow_id": info.workflow_id,
        "run_id": info.workflow_run_id,
        "activity": info.activity_type,
        "attempt": info.attempt,
    }


@pytest.mark.parametrize("argument", [{"slot": 7, "attempt": 0}, Wrapped(({"slot": 7},)), Wrapped((1, {"slot": 7}))])
async def test_the_slot_is_found_in_the_state(argument: Any) -> None:
    """As it is, and as LangGraph's plugin wraps it."""
    assert (await bound(argument))["slot"] == 7


@pytest.mark.parametrize("argument", [{"slot": "7"}, Wrapped(()), None, "slot"])
async def test_what_is_no_slot_is_not_taken_for_one(argument: Any) -> None:
    """A log line is no reason to fail an activity."""
    assert "slot" not in await bound(argument)


async def test_nothing_stays_bound() -> None:
    """The next line of the same task is somebody else's, however the activity ended."""
    structlog.contextvars.clear_contextvars()
    await bound({"slot": 1})
    with pytest.raises(ValueError, match="asked to"):
        await bound("fail")
    assert get_contextvars() == {}


@pytest.fixture
def _sdk_logs_as_before() -> Iterator[None]:
    names = ("temporalio.worker", "temporalio.bridge")
    levels = [logging.getLogger(name).level for name in names]
    yield
    for name, level in zip(names, levels, strict=True):
        logging.getLogger(name).setLevel(level)
    temporalio.activity.logger.activity_info_on_message = True
    temporalio.workflow.logger.workflow_info_on_message = True


@pytest.mark.usefixtures("_sdk_logs_as_before")
def test_the_sdk_writes_no_info_and_no_payload(caplog: pytest.LogCaptureFixture) -> None:
    """No dict after the message, and no activation or completion at DEBUG; its warnings are still told."""
    caplog.set_level(logging.DEBUG)
    quiet_sdk_logs()
    ActivityEnvironment().run(lambda: temporalio.activity.logger.warning("went wrong"))
    logging.getLogger("temporalio.worker._workflow").debug("Received workflow activation:\n%s", "a stem")
    logging.getLogger("temporalio.worker._worker").warning("told")
    assert [record.getMessage() for record in caplog.records] == ["went wrong", "told"]


def test_the_core_logs_through_ours() -> None:
    """Its lines come as records, with the fields beside the message and not in it."""
    forwarding = core_logs().forwarding
    assert forwarding is not None and forwarding.logger.name == "temporalio.core"
    assert not forwarding.append_log_fields_to_message
