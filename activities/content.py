"""Content into chunks, and the plan of a generation's slots."""

import asyncio
import uuid

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.heartbeat import heartbeating
from domain.chunking import split
from domain.plan import ChunkSpan, plan_slots
from storage.model_calls import ModelCallStore
from storage.quizzes import QuizStore
from workflows.messages import PlannedSlot, PrepareContentInput, PreparedContent


class ContentActivities:
    """`prepare_content`."""

    def __init__(self, quizzes: QuizStore, calls: ModelCallStore) -> None:
        self._quizzes = quizzes
        self._calls = calls

    @activity.defn(name="prepare_content")
    @heartbeating
    async def prepare_content(self, request: PrepareContentInput) -> PreparedContent:
        """Split the quiz's documents once, plan its slots, and tell what an earlier run has finished."""
        workflow_id = activity.info().workflow_id or ""
        quiz_id = uuid.UUID(request.quiz_id)
        ids: list[int] = []
        spans: list[ChunkSpan] = []
        section_base = 0
        for document in await self._quizzes.documents(quiz_id):
            chunks = await asyncio.to_thread(split, document.text)  # seconds of CPU for megabytes
            saved = await self._quizzes.save_chunks(document, chunks)
            ids.extend(chunk.id for chunk in saved if chunk.id is not None)
            spans.extend(ChunkSpan(section_base + chunk.section, len(chunk.text)) for chunk in saved)
            section_base += 1 + max((chunk.section for chunk in saved), default=0)
        if not ids:
            raise ApplicationError("the quiz has no content to ask about", type="NoContent", non_retryable=True)
        plan = plan_slots(spans, request.question_count, seed=workflow_id)
        stems = await self._quizzes.question_stems(quiz_id)
        finished = {slot: stem for owner, slot, stem in stems if owner == workflow_id}
        next_attempt = await self._calls.next_attempts(workflow_id) if request.fresh_attempts else {}
        return PreparedContent(
            chunk_ids=ids,
            chunk_sizes=[span.size for span in spans],
            plan=[
                PlannedSlot(slot.chunk, slot.part, slot.parts, slot.difficulty, slot.bloom, slot.key_position)
                for slot in plan
            ],
            finished=finished,
            next_attempt={slot: attempt for slot, attempt in next_attempt.items() if slot not in finished},
            other_stems=[stem for owner, _, stem in stems if owner != workflow_id],
            spent=await self._calls.spent(workflow_id, None if request.fresh_attempts else list(finished)),
        )
