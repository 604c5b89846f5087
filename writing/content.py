"""Content into chunks, and the plan of a generation's slots."""

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from domain.chunking import split
from domain.plan import ChunkSpan, plan_slots
from domain.shortening import shortened, size_in_json
from storage.model_calls import ModelCallStore, Replaced
from storage.quizzes import QuizStore
from workflows.messages import STEMS_BYTES, PlannedSlot, PrepareContentInput, PreparedContent

# Stems of a quiz's other generations that a new question is compared with: the newest, as much as this in JSON.
OTHER_STEMS_BYTES = 400_000


class NoContent(Exception):
    """The quiz has nothing to ask about."""


@dataclass(frozen=True, slots=True)
class _Chunks:
    ids: list[int]
    spans: list[ChunkSpan]


async def prepare(
    quizzes: QuizStore, calls: ModelCallStore, workflow_id: str, request: PrepareContentInput
) -> PreparedContent:
    """Split the quiz's documents once, plan its slots, and tell what an earlier run has finished.

    Raises NoContent when there is nothing to plan on.
    """
    quiz_id = uuid.UUID(request.quiz_id)
    chunks = await _chunks(quizzes, quiz_id)
    if not chunks.ids:
        raise NoContent("the quiz has no content to ask about")
    plan = planned(chunks.spans, request.question_count, seed=workflow_id)
    replaced = await calls.replaced(quiz_id, uuid.UUID(request.replaces)) if request.replaces else None
    if replaced is not None:
        plan = in_place_of(replaced, plan, chunks.ids)
    stems = await quizzes.question_stems(quiz_id)
    others = [stem for owner, _, stem in stems if owner != workflow_id]
    if replaced is not None:
        others.insert(0, replaced.stem)
    finished = shortened({slot: stem for owner, slot, stem in stems if owner == workflow_id}, STEMS_BYTES)
    used_up = await _used_up(calls, workflow_id, fresh_attempts=request.fresh_attempts)
    next_attempt = {slot: attempt for slot, attempt in used_up.items() if slot not in finished}
    return PreparedContent(
        chunk_ids=chunks.ids,
        chunk_sizes=[span.size for span in chunks.spans],
        plan=plan,
        finished=finished,
        next_attempt=next_attempt,
        other_stems=within(list(dict.fromkeys(others)), OTHER_STEMS_BYTES),
        spent=await calls.spent(workflow_id, list(finished), next_attempt),
    )


async def _used_up(calls: ModelCallStore, workflow_id: str, *, fresh_attempts: bool) -> dict[int, int]:
    """Slot -> number of its first answer to ask for or to read, where that is not the first of all."""
    noted = await calls.used_up(workflow_id)
    if noted is not None:
        return noted
    # Resumed by an earlier release, which noted only that there are some: they are what is there at the first try.
    return await calls.next_attempts(workflow_id) if fresh_attempts else {}


def within(stems: Sequence[str], size: int) -> list[str]:
    """As many of the first stems as have this size in JSON together, in bytes."""
    sizes = accumulate(size_in_json(stem) for stem in stems)
    return [stem for stem, so_far in zip(stems, sizes, strict=True) if so_far <= size]


def planned(spans: Sequence[ChunkSpan], count: int, *, seed: str) -> list[PlannedSlot]:
    """Where each of `count` questions is to come from."""
    return [
        PlannedSlot(slot.chunk, slot.part, slot.parts, slot.difficulty, slot.bloom, slot.key_position)
        for slot in plan_slots(spans, count, seed=seed)
    ]


def in_place_of(replaced: Replaced, plan: list[PlannedSlot], chunk_ids: list[int]) -> list[PlannedSlot]:
    """The plan with every slot on the chunk, difficulty and Bloom level of one question.

    Its parts share the chunk. When the chunk is gone, the slots stay on the chunks that they were planned on.
    """
    if replaced.chunk_id is None or replaced.chunk_id not in chunk_ids:
        return [PlannedSlot(slot.c, slot.p, slot.n, replaced.difficulty, replaced.bloom, slot.k) for slot in plan]
    chunk, parts = chunk_ids.index(replaced.chunk_id), len(plan)
    return [
        PlannedSlot(chunk, part, parts, replaced.difficulty, replaced.bloom, slot.k)
        for part, slot in enumerate(plan, start=1)
    ]


async def _chunks(quizzes: QuizStore, quiz_id: uuid.UUID) -> _Chunks:
    chunks, section_base = _Chunks([], []), 0
    for document in await quizzes.documents(quiz_id):
        pieces = await asyncio.to_thread(split, document.text)  # seconds of CPU for megabytes
        saved = await quizzes.save_chunks(document, pieces)
        chunks.ids.extend(chunk.id for chunk in saved if chunk.id is not None)
        chunks.spans.extend(ChunkSpan(section_base + chunk.section, len(chunk.text)) for chunk in saved)
        section_base += 1 + max((chunk.section for chunk in saved), default=0)
    return chunks
