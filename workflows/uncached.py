"""The question graph as a run has it: without the plugin's cache of what nodes returned.

The plugin keeps such a cache for graphs that go on after continue-as-new, in a context variable, which `graph()` sets
where it is called. Workflows are made in the context of a worker's thread. So it stayed there, and the next run that
began in this thread could have it: one that asks for the same slot of the same content, as after a reset or a resume,
took the other run's answer. Its history then had no activity for it, and no worker could replay that. What is paid for
once is known by `model_call`.
"""

from contextvars import copy_context
from typing import Any

from langgraph.graph.state import CompiledStateGraph
from temporalio.langgraph import graph


def uncached(name: str) -> CompiledStateGraph[Any, Any, Any, Any]:
    """The compiled graph of this name; whatever `graph()` sets on the way is forgotten."""
    return copy_context().run(lambda: graph(name).compile())
