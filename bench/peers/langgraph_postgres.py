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

from bench.peers.work import Work, Writer, check


class _Slot(TypedDict, total=False):
    generation: str
    slot: int
    raw: str


class _Generation(TypedDict, total=False):
    generation: str
    count: int
    questions: Annotated[list[list[Any]], operator.add]


def prepare(database_url: str) -> None:
    """Make its tables, once and before the clock runs, as for all."""
    with PostgresSaver.from_conn_string(database_url) as saver:
        saver.setup()


async def _main() -> None:
    work = Work.asked()
    async with AsyncPostgresSaver.from_conn_string(work.database_url) as saver:
        graph = _graph(Writer(work.model_url)).compile(checkpointer=saver)
        slots = await asyncio.gather(*(_run(graph, work, generation) for generation in work.generations))
    work.tell(dict(zip(work.generations, slots, strict=True)))


async def _run(graph: Any, work: Work, generation: str) -> list[int]:
    config = {"configurable": {"thread_id": generation}, "max_concurrency": work.window}
    begun = (await graph.aget_state(config)).created_at is not None
    start = None if begun else {"generation": generation, "count": work.questions, "questions": []}
    await graph.ainvoke(start, config, durability="sync")
    values = (await graph.aget_state(config)).values
    return sorted(slot for slot, _ in values["questions"])


def _graph(writer: Writer) -> StateGraph[Any, Any, Any, Any]:
    async def draft(state: _Slot) -> _Slot:
        return {"raw": await writer.draft(state["generation"], state["slot"])}

    question = StateGraph(_Slot)
    question.add_node("draft", draft, retry_policy=RetryPolicy(max_attempts=5))
    question.add_node("check", lambda state: {"raw": state["raw"] if check(state["raw"]) else ""})
    question.add_edge(START, "draft")
    question.add_edge("draft", "check")
    question.add_edge("check", END)
    one = question.compile()

    async def write(state: _Slot) -> _Generation:
        made = await one.ainvoke(state)
        return {"questions": [[state["slot"], made["raw"]]]}

    def fan_out(state: _Generation) -> list[Send]:
        generation = state["generation"]
        return [Send("question", {"generation": generation, "slot": slot}) for slot in range(state["count"])]

    generation = StateGraph(_Generation)
    generation.add_node("question", write)
    generation.add_conditional_edges(START, fan_out, ["question"])
    generation.add_edge("question", END)
    return generation


if __name__ == "__main__":
    asyncio.run(_main())
