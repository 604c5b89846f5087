"""LangGraph with its PostgreSQL checkpointer, `durability="sync"`: one thread a generation, a question subgraph a slot.

After a crash the application finds its own threads again and invokes each with no input, as LangGraph's documentation
of durable execution says.
"""

import asyncio
import operator
from typing import Annotated, Any, TypedDict

from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import RetryPolicy, Send

from bench.peers.generation import Generation, read
from bench.peers.work import Work
from workflows.messages import QuestionState
from workflows.question_graph import RECURSION_LIMIT, build_question_graph


class _Slot(TypedDict):
    slot: int


class _Generation(TypedDict, total=False):
    count: int
    slots: Annotated[list[int], operator.add]


def prepare(database_url: str) -> None:
    """Make its tables, once and before the clock runs, as for all."""
    with PostgresSaver.from_conn_string(database_url) as saver:
        saver.setup()


async def _main() -> None:
    work = Work.asked()
    generations = await read(work)
    async with AsyncPostgresSaver.from_conn_string(work.database_url) as saver:
        slots = await asyncio.gather(*(_run(saver, work, generation) for generation in generations.values()))
    work.tell(dict(zip(generations, slots, strict=True)))


async def _run(saver: AsyncPostgresSaver, work: Work, generation: Generation) -> list[int]:
    graph: Any = _graph(generation).compile(checkpointer=saver)
    config = {"configurable": {"thread_id": generation.name}, "max_concurrency": work.window}
    begun = (await graph.aget_state(config)).created_at is not None
    start = None if begun else {"count": work.questions, "slots": []}
    await graph.ainvoke(start, config, durability="sync")
    return sorted((await graph.aget_state(config)).values["slots"])


def _graph(generation: Generation) -> StateGraph[Any, Any, Any, Any]:
    question = build_question_graph(generation.draft, generation.revise, generation.check)
    # It inherits the checkpointer, and each run in a node has a namespace of its own there.
    one = question.set_node_defaults(retry_policy=RetryPolicy(max_attempts=5)).compile()

    async def ask(state: QuestionState) -> Any:
        return await one.ainvoke(state, {"recursion_limit": RECURSION_LIMIT})

    async def write(state: _Slot) -> _Generation:
        return {"slots": [await generation.write(state["slot"], ask, generation.hand_on)]}

    def fan_out(state: _Generation) -> list[Send]:
        return [Send("question", {"slot": slot}) for slot in range(state["count"])]

    graph = StateGraph(_Generation)
    graph.add_node("question", write)
    graph.add_conditional_edges(START, fan_out, ["question"])
    graph.add_edge("question", END)
    return graph


if __name__ == "__main__":
    asyncio.run(_main())
