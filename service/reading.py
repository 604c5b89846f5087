"""What is read of generations, whoever writes them: the mirror is the same with Temporal and without."""

import uuid

from service.errors import UnknownGeneration
from service.status import GenerationStatus
from storage.tables import QuestionRow, WorkflowState
from storage.workflow_states import WorkflowStateStore


class Reading:
    """The operations that change nothing. They need PostgreSQL alone."""

    def __init__(self, states: WorkflowStateStore) -> None:
        self._states = states

    async def status(self, workflow_id: str) -> GenerationStatus:
        """Where a generation stands; raises UnknownGeneration."""
        row = await self._row(workflow_id)
        return GenerationStatus.of(row, await self._states.waits(workflow_id))

    async def questions(self, workflow_id: str) -> list[QuestionRow]:
        """The finished questions in slot order."""
        return await self._states.questions(workflow_id)

    async def newest(self, owner_id: uuid.UUID, limit: int) -> list[GenerationStatus]:
        """An owner's generations, newest first."""
        rows = await self._states.newest(owner_id=owner_id, limit=limit)
        return [await self.status(row.workflow_id) for row in rows]

    async def _row(self, workflow_id: str) -> WorkflowState:
        row = await self._states.load(workflow_id)
        if row is None:
            raise UnknownGeneration(f"no generation has the id {workflow_id}")
        return row
