"""Keeps what LangGraph and its plugin say of themselves out of workflow history.

The plugin sends LangGraph's whole runtime configuration with each node: about 900 bytes that none of our nodes read,
more than the node's own state. History is kept for days and read by people, so it holds what matters.
"""

from typing import Any

from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
    StartActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)


class SlimNodes(Interceptor):
    """Worker interceptor: empties `langgraph_config` of a node's input, and drops the unused fields of its output."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's name
        """The interceptor of activities: outputs."""
        return _Activity(next)

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:  # noqa: A002 - the SDK's name
        """The interceptor of workflow calls: inputs."""
        return _Inbound


class _Activity(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK's name
        output = await super().execute_activity(input)
        if hasattr(output, "langgraph_command") and output.langgraph_command is output.langgraph_interrupts is None:
            return {"result": output.result}
        return output


class _Inbound(WorkflowInboundInterceptor):
    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        super().init(_Outbound(outbound))


class _Outbound(WorkflowOutboundInterceptor):
    def start_activity(self, input: StartActivityInput) -> Any:  # noqa: A002 - the SDK's name
        for argument in input.args:
            if hasattr(argument, "langgraph_config"):
                argument.langgraph_config = {}
        return super().start_activity(input)
