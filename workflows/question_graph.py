"""The LangGraph graph of one question: draft → check → revise → check → … until it is accepted or given up.

The plugin changes the graph it is given, so a fresh one is built each time. Nodes are parameters: the worker passes
activities, a test or an in-process run passes plain functions.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from langgraph.graph import END, START, StateGraph
from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityCancellationType

from workflows.messages import AnswerUpdate, DraftInput, QuestionState, ReviseInput

# One model call (a minute at most) and, while PostgreSQL is away, some patience to store what was paid for.
NODE_TIMEOUT = timedelta(minutes=10)
# Nodes beat every 5 s. A worker that misses several beats is dead, and its slots go to another one.
NODE_HEARTBEAT_TIMEOUT = timedelta(seconds=20)
# Unlimited: the node itself ends its patience with an outage, and says how long to wait for the provider. What is left
# are dead workers and databases: neither is spared by waiting, and a slot that met several must not wait a minute.
NODE_RETRY = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    backoff_coefficient=2,
    maximum_interval=timedelta(seconds=8),
    # A payload over the server's limit fails the same way for ever.
    non_retryable_error_types=["PayloadSizeError"],
)
# A question takes two super-steps an answer; the bound is far above any retry setting.
RECURSION_LIMIT = 1_000

ACCEPTED = "accepted"
REVISE = "revise"
GIVEN_UP = "given_up"
POSTPONED = "postponed"  # sent back, but the run hands over before it is asked again

Draft = Callable[[DraftInput], Awaitable[AnswerUpdate]]
Revise = Callable[[ReviseInput], Awaitable[AnswerUpdate]]
Check = Callable[[QuestionState], Awaitable[dict[str, Any]]]


def build_question_graph(draft: Draft, revise: Revise, check: Check) -> StateGraph[Any, Any, Any, Any]:
    """A fresh graph. `draft` and `revise` run as activities, one model call each; `check` runs in the workflow."""
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(QuestionState)
    # LangGraph's own node types are of synchronous functions.
    add_node: Callable[..., object] = graph.add_node
    add_node("draft", draft, input_schema=DraftInput, metadata=_model_node("draft"))
    add_node("revise", revise, input_schema=ReviseInput, metadata=_model_node("revise"))
    add_node("check", check, metadata={"execute_in": "workflow"})
    graph.add_edge(START, "draft")
    graph.add_edge("draft", "check")
    graph.add_edge("revise", "check")
    graph.add_conditional_edges("check", route, {REVISE: "revise", END: END})
    return graph


async def route(state: QuestionState) -> str:
    """Where to go after a check. Async, because LangGraph runs sync edges in threads, which a workflow has none of."""
    return REVISE if state["verdict"] == REVISE else END


def _model_node(verb: str) -> dict[str, Any]:
    def summary(args: tuple[Any, ...], _kwargs: dict[str, Any]) -> str:
        state = args[0]
        place = f"part {state['part']}/{state['parts']} of chunk {state['chunk_id']}"
        return f"{verb} {state['slot']} on {place}, answer {state['attempt']}"

    return {
        "execute_in": "activity",
        "start_to_close_timeout": NODE_TIMEOUT,
        "heartbeat_timeout": NODE_HEARTBEAT_TIMEOUT,
        "retry_policy": NODE_RETRY,
        # The workflow goes on at once; the activity hears of it with its next heartbeat and drops the call.
        "cancellation_type": ActivityCancellationType.TRY_CANCEL,
        "summary_fn": summary,
    }
