"""How long one write of the mirror takes, alone: `python -m bench.mirror`.

Each write is one snapshot with five questions, on a warm connection. What PostgreSQL needs for the smallest durable
change is printed beside it: no write can be quicker on this disk.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.world import Bench, bench, quiz_with_content
from domain.statuses import Status
from storage.engine import create_engine
from storage.model_calls import ModelCallStore
from storage.quizzes import QuizStore
from storage.snapshots import StateWrite
from storage.tables import ModelCall, WorkflowState
from storage.workflow_states import WorkflowStateStore
from workflows.ids import new_generation_id
from workflows.messages import WORKFLOW_TYPE

WRITES = 300
QUESTIONS = 5
# Writes before the first that counts: statements are prepared after some repetitions.
WARM_UP = 10


def main() -> None:
    """Measure, and print it."""
    with bench() as world:
        asyncio.run(_measure(world))


async def _measure(world: Bench) -> None:
    engine = create_engine(world.addresses.database_url)
    states, calls, quizzes = WorkflowStateStore(engine), ModelCallStore(engine), QuizStore(engine)
    quiz = await quiz_with_content(quizzes, await quizzes.local_owner())
    row = await states.create(
        WorkflowState(
            workflow_id=str(new_generation_id(quiz.id)),
            workflow_type=WORKFLOW_TYPE,
            quiz_id=quiz.id,
            status=Status.RUNNING,
            total_steps=WRITES * QUESTIONS,
        )
    )
    writes = [await _snapshot(calls, row.workflow_id, number) for number in range(WRITES)]
    turns = iter(writes)
    await _time(f"mirror write of {QUESTIONS} questions", lambda: states.save(next(turns), _current))
    await _time("the smallest durable change", lambda: _smallest(engine))
    await engine.dispose()


async def _snapshot(calls: ModelCallStore, workflow_id: str, number: int) -> StateWrite:
    """The snapshot after the next five answers, which are stored."""
    slots = range(number * QUESTIONS, (number + 1) * QUESTIONS)
    for slot in slots:
        await calls.record(_answer(workflow_id, slot))
    return StateWrite(
        workflow_id=workflow_id,
        run_id="run",
        sequence=number + 1,
        status=Status.RUNNING,
        current_node="write_questions",
        completed=slots.stop,
        total=WRITES * QUESTIONS,
        state_data={"in_flight": 8, "calls": slots.stop},
        checkpoint_data={"slots": f"0-{slots.stop - 1}"},
        error_message=None,
        questions=[(slot, "draft", 0) for slot in slots],
    )


def _answer(workflow_id: str, slot: int) -> ModelCall:
    options = [{"text": f"Option {letter} of a usual length", "why_wrong": "It is not so." * 3} for letter in "ABCD"]
    return ModelCall(
        workflow_id=workflow_id,
        slot=slot,
        step="draft",
        attempt=0,
        chunk_id=1,
        raw="an answer of the model " * 50,
        question={
            "stem": f"Which of these is said of subject {slot} in the text?",
            "options": options,
            "key": 0,
            "explanation": "The text says so in its second sentence. " * 3,
            "difficulty": "medium",
            "bloom": "understand",
            "source": {"document": "a.md", "chunk": 1, "start": 0, "end": 90, "quote": "a quoted sentence " * 5},
        },
        flaws=[],
        model="demo-model",
        prompt_version="1",
        prompt_tokens=900,
        completion_tokens=250,
        cost=0.001,
    )


async def _current() -> bool:
    return True


async def _smallest(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE workflow_state SET retry_count = retry_count + 1"))


async def _time(what: str, work: Callable[[], Awaitable[object]]) -> None:
    times = []
    for _ in range(WRITES):
        began = time.perf_counter()
        await work()
        times.append((time.perf_counter() - began) * 1000)
    counted = sorted(times[WARM_UP:])
    middle, late = counted[len(counted) // 2], counted[int(len(counted) * 0.99)]
    print(f"{what:32} p50 {middle:.1f} ms, p99 {late:.1f} ms", flush=True)


if __name__ == "__main__":
    main()
