"""Keeps what LangGraph says of itself out of workflow history.

The plugin sends LangGraph's whole runtime configuration with each node: about 900 bytes that none of our nodes read,
more than the node's own state. History is kept for days and read by people, so it holds what matters.
"""

from typing import Any

from temporalio.worker import (
    Interceptor,
    StartActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)


class SlimNodeInputs(Interceptor):
    """Worker interceptor: empties `langgraph_config` of every node input on its way to the server."""

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:  # noqa: A002 - the SDK's name
        """The interceptor of workflow calls."""
        return _Inbound


class _Inbound(WorkflowInboundInterceptor):
    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        super().init(_Outbound(outbound))


class _Outbound(WorkflowOutboundInterceptor):
    def start_activity(self, input: StartActivityInput) -> Any:  # noqa: A002 - the SDK's name
        for argument in input.args:
            if hasattr(argument, "langgraph_config"):
                argument.langgraph_config = {}
        return super().start_activity(input)
