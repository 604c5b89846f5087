"""What is logged around Temporal: each line of an activity says whose it is, and the SDK's own lines carry no payload.

A worker's logs are read long after, across workers: without the ids a line says nothing.
"""

import logging
from collections.abc import Mapping
from typing import Any

import temporalio.activity
import temporalio.workflow
from structlog.contextvars import bound_contextvars
from temporalio.runtime import LogForwardingConfig, LoggingConfig, TelemetryFilter
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor


class ActivityLogs(Interceptor):
    """Worker interceptor: binds workflow id, run id, activity, attempt and slot to every line within an activity.

    It belongs to the worker alone: a replayer runs no activity.
    """

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's name
        """The interceptor of activities."""
        return _Bound(next)


class _Bound(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK's name
        info = temporalio.activity.info()
        ids: dict[str, Any] = {
            "workflow_id": info.workflow_id,
            "run_id": info.workflow_run_id,
            "activity": info.activity_type,
            "attempt": info.attempt,
        }
        slot = _slot(input.args)
        with bound_contextvars(**ids, **({} if slot is None else {"slot": slot})):
            return await super().execute_activity(input)


def _slot(arguments: Any) -> int | None:
    """The slot that an activity works on: LangGraph's plugin wraps the state of a node once more."""
    inner = [value for argument in arguments for value in getattr(argument, "args", ())]
    for state in (*arguments, *inner):
        if isinstance(state, Mapping) and isinstance(state.get("slot"), int):
            return int(state["slot"])
    return None


def quiet_sdk_logs() -> None:
    """Keep the SDK from writing its whole info into each message, and messages with payloads from being written.

    The ids are in the `extra` of its records; `telemetry` takes them from there.
    """
    temporalio.activity.logger.activity_info_on_message = False
    temporalio.workflow.logger.workflow_info_on_message = False
    # At DEBUG these write activations and completions as they are: questions, stems, search attributes.
    for name in ("temporalio.worker", "temporalio.bridge"):
        if logging.getLogger(name).getEffectiveLevel() < logging.INFO:
            logging.getLogger(name).setLevel(logging.INFO)


def core_logs() -> LoggingConfig:
    """The part of the SDK that is written in Rust: through our logs, in their form, instead of straight to stderr."""
    return LoggingConfig(
        filter=TelemetryFilter(core_level="WARN", other_level="ERROR"),
        forwarding=LogForwardingConfig(
            logger=logging.getLogger("temporalio.core"),
            append_target_to_name=False,
            prepend_target_on_message=False,
            append_log_fields_to_message=False,  # `telemetry` takes those that are safe
        ),
    )
