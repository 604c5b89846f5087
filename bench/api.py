"""How fast the API is: `python -m bench.api`. Prints a table; takes about two minutes.

Status reads and starts under a constant rate, the way of a question from history to a reader, mirror writes, and 500
readers of events. The load is on the same machine as everything else, so the figures include the load's own share.
"""

import argparse
import asyncio
import json
import os
import time
import uuid
from datetime import UTC, datetime

import psutil  # type: ignore[import-untyped] # ships no types
import uvloop
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from bench.load import HOST, Result, get, load, post
from bench.world import Bench, bench, quiz_with_content, stores
from domain.statuses import Status
from storage.tables import WorkflowState
from storage.workflow_states import WorkflowStateStore
from temporal_client import connect
from worker import build_worker
from workflows.ids import new_generation_id
from workflows.messages import WORKFLOW_TYPE

GENERATIONS = 200
READERS = 500
# Generations that are written while nobody reads, to time the mirror.
ALONE = 3
# Seconds that the model takes: a quick real one. Without any, the worker's own CPU would be all that is measured.
LATENCY = "0.5-1.5"
QUESTIONS = 50


def main() -> None:
    """Measure everything, and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=2, help="server processes of the API")
    parser.add_argument("--rate", type=float, default=1000, help="status reads a second")
    parser.add_argument("--starts", type=float, default=20, help="starts a second")
    parser.add_argument("--seconds", type=float, default=15, help="of each load")
    asked = parser.parse_args()
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}, {asked.processes} API processes")
    with bench() as world, world.api(asked.processes) as (port, pid):
        uvloop.run(_status(world, port, pid, asked.rate, asked.seconds))
        uvloop.run(_starts(world, port, asked.starts, asked.seconds))
        with world.process("demo-model", "--port", "0", DEMO_MODEL_LATENCY=LATENCY) as (_, url):
            asyncio.run(_live(world, port, pid, url))


def _say(what: str, figure: str) -> None:
    print(f"{what:58} {figure}", flush=True)


def _percentiles(values: list[float]) -> str:
    ordered = sorted(values)
    p50, p99 = ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    return f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, worst {ordered[-1]:.1f} ms, of {len(ordered)}"


def _of(result: Result) -> str:
    return f"{_percentiles(result.latencies)}; {dict(result.statuses)}, {result.broken} broken"


def _cpu(pid: int) -> float:
    processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return sum(sum(process.cpu_times()[:2]) for process in processes)


async def _status(world: Bench, port: int, pid: int, rate: float, seconds: float) -> None:
    requests = []
    with stores(world.settings) as (quizzes, states):
        owner = await quizzes.local_owner()
        headers = {"Authorization": f"Bearer {world.token(owner)}"}
        for _ in range(GENERATIONS):
            quiz = await quiz_with_content(quizzes, owner)
            workflow_id = str(new_generation_id(quiz.id))
            data = {"calls": 25, "prompt_tokens": 40_000, "completion_tokens": 9_000, "cost": 0.03, "in_flight": 8,
                    "pace": {"questions": 20.0, "seconds": 60.0}}  # fmt: skip
            await states.create(
                WorkflowState(
                    workflow_id=workflow_id,
                    workflow_type=WORKFLOW_TYPE,
                    quiz_id=quiz.id,
                    status=Status.COMPLETED,
                    total_steps=QUESTIONS,
                    completed_steps=QUESTIONS,
                    state_data=data,
                )
            )
            requests.append(get(f"/quiz/{quiz.id}/generation-status?workflow_id={workflow_id}", **headers))
    await load(requests, port=port, rate=min(rate, 200), seconds=3, connections=50)  # connections, caches
    before = _cpu(pid)
    result = await load(requests, port=port, rate=rate, seconds=seconds, connections=100)
    _say(f"status of {GENERATIONS} generations at {rate:.0f}/s", _of(result))
    _say("  CPU of the API a status", f"{(_cpu(pid) - before) / result.offered * 1e6:.0f} µs")


async def _starts(world: Bench, port: int, rate: float, seconds: float) -> None:
    requests, body = [], json.dumps({"target_question_count": QUESTIONS}).encode()
    with stores(world.settings) as (quizzes, _):
        owner = await quizzes.local_owner()
        token = world.token(owner)
        for _ in range(int(rate * seconds)):
            quiz = await quiz_with_content(quizzes, owner)
            headers = {"Authorization": f"Bearer {token}", "Idempotency_Key": uuid.uuid4().hex}
            requests.append(post(f"/quiz/{quiz.id}/generate-questions", body, **headers))
    _say(f"starts at {rate:.0f}/s", _of(await load(requests, port=port, rate=rate, seconds=seconds, connections=50)))


async def _live(world: Bench, port: int, pid: int, demo_url: str) -> None:
    """Questions written while 500 readers listen; the worker runs here, so that its writes can be timed."""
    settings = world.settings.model_copy(update={"openai_base_url": demo_url, "task_queue": "bench"})
    writes: list[float] = []
    save = WorkflowStateStore.save

    async def timed_save(*args: object, **options: object) -> object:
        began = time.perf_counter()
        try:
            return await save(*args, **options)  # type: ignore[arg-type]
        finally:
            writes.append((time.perf_counter() - began) * 1000)

    WorkflowStateStore.save = timed_save  # type: ignore[method-assign, assignment]
    client = await connect(settings)

    async def connected() -> Client:
        return client

    with stores(settings) as (quizzes, states):
        owner = await quizzes.local_owner()
        token = world.token(owner)
        quiz = await quiz_with_content(quizzes, owner)
        listening, refused = list[int](), list[int]()
        readers = [asyncio.create_task(_read(port, str(quiz.id), token, listening, refused)) for _ in range(READERS)]
        memory = psutil.Process(pid).memory_info().rss
        async with build_worker(client, settings):
            from service.generations import GenerationService  # noqa: PLC0415 - after the measurements that need none
            from service.requests import GenerationRequest  # noqa: PLC0415

            began = time.perf_counter()
            while len(listening) < READERS:
                await asyncio.sleep(0.05)
            _say(f"{READERS} readers connect", f"{time.perf_counter() - began:.1f} s, {len(refused)} told to try again")
            _say(f"  memory of the API with {READERS} readers",
                 f"{psutil.Process(pid).memory_info().rss / 1e6:.0f} MB, {memory / 1e6:.0f} before")  # fmt: skip
            service = GenerationService(settings, states, quizzes, connected)
            for _ in range(ALONE):
                one = await service.generate(await quiz_with_content(quizzes, owner), GenerationRequest(QUESTIONS))
                while (await service.status(one)).status.is_active:
                    await asyncio.sleep(0.2)
            _say(f"mirror writes of {ALONE} generations of {QUESTIONS}, one after another", _percentiles(writes))
            writes.clear()
            before = _cpu(pid)
            workflow_id = await service.generate(quiz, GenerationRequest(QUESTIONS))
            heard = await asyncio.wait_for(asyncio.gather(*readers), 120)
        _say(f"  CPU of the API for {READERS} readers of {QUESTIONS} questions", f"{_cpu(pid) - before:.2f} s")
        completed = await _completions(client, workflow_id)
        landed = {row.slot: row for row in await states.questions(workflow_id)}
    ways, spreads, counts = [], [], set()
    for slot in landed:
        times = [one[slot] for one in heard if slot in one]
        counts.add(len(times))
        spreads.append((max(times) - min(times)).total_seconds() * 1000)
        ways += [(moment - completed[slot]).total_seconds() * 1000 for moment in times]
    _say(
        f"events: every question at every one of {READERS} readers",
        str(counts == {READERS} and len(landed) == QUESTIONS),
    )
    _say("  from completed in history to a reader", _percentiles(ways))
    _say("  from the first reader to the last", _percentiles(spreads))
    _say(f"  mirror writes beside {READERS} readers, in one process with them", _percentiles(writes))


async def _completions(client: Client, workflow_id: str) -> dict[int, datetime]:
    """Slot -> when its last answer was completed in history."""
    history = await client.get_workflow_handle(workflow_id).fetch_history()
    slots: dict[int, int] = {}
    done: dict[int, datetime] = {}
    for event in history.events:
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
            attributes = event.activity_task_scheduled_event_attributes
            if attributes.activity_type.name.startswith("question."):
                slots[event.event_id] = json.loads(attributes.input.payloads[0].data)["args"][0]["slot"]
        elif event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
            scheduled = event.activity_task_completed_event_attributes.scheduled_event_id
            if scheduled in slots:
                done[slots[scheduled]] = event.event_time.ToDatetime(UTC)
    return done


async def _read(port: int, quiz_id: str, token: str, listening: list[int], refused: list[int]) -> dict[int, datetime]:
    """Slot -> when its event arrived at this reader."""
    while True:
        reader, writer = await asyncio.open_connection(HOST, port, limit=1 << 20)
        writer.write(get(f"/quiz/{quiz_id}/events", Authorization=f"Bearer {token}", Last_Event_ID="0"))
        if b" 200 " in await reader.readline():
            break
        refused.append(1)  # 500 at once is more than a busy machine takes in within 3 s
        writer.close()
        await asyncio.sleep(1)
    heard: dict[int, datetime] = {}
    listening.append(1)
    while line := await reader.readline():
        if line.startswith(b"data: {"):
            data = json.loads(line[6:])
            if "slot" in data:
                heard[data["slot"]] = datetime.now(UTC)
            elif data.get("status") in ("completed", "failed"):
                break
    writer.close()
    return heard


if __name__ == "__main__":
    main()
