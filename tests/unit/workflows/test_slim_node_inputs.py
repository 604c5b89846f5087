"""LangGraph's own configuration stays out of history; everything else passes untouched."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

from temporalio.worker import StartActivityInput, WorkflowOutboundInterceptor

from workflows.slim_nodes import SlimNodes


@dataclass
class _NodeInput:
    """As the plugin sends it."""

    args: list[Any] = field(default_factory=lambda: [{"slot": 1}])
    langgraph_config: dict[str, Any] = field(default_factory=lambda: {"configurable": {"x": 1}})


class _Next:
    """Stands for what comes after the interceptor: keeps what reaches it."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        self.outbound = outbound

    def start_activity(self, input: Any) -> str:  # noqa: A002 - the SDK's name
        self.seen.append(input)
        return "handle"


def _start_activity(*args: Any) -> tuple[Any, Any]:
    """What a workflow gets from the activity it starts, and what reached the server's side."""
    inner, server = _Next(), _Next()
    inbound = SlimNodes().workflow_interceptor_class(cast("Any", None))(cast("Any", inner))
    inbound.init(cast("WorkflowOutboundInterceptor", server))
    handle = inner.outbound.start_activity(cast("StartActivityInput", SimpleNamespace(args=args)))
    return handle, server.seen[0]


def test_the_configuration_of_a_node_is_emptied() -> None:
    """The node's own state still goes, and the workflow gets the activity's handle."""
    handle, sent = _start_activity(_NodeInput())
    assert handle == "handle"
    assert sent.args[0] == _NodeInput(langgraph_config={})


def test_other_activities_pass_untouched() -> None:
    """The mirror's snapshot has no such field, and none is put into it."""
    _, sent = _start_activity({"sequence": 1}, "text")
    assert sent.args == ({"sequence": 1}, "text")
