"""Workflow ids, made and parsed in one place."""

import uuid
from dataclasses import dataclass

_PREFIX = "mcq"


@dataclass(frozen=True, slots=True)
class GenerationId:
    """The parts of a generation's workflow id."""

    quiz_id: uuid.UUID
    suffix: str

    def __str__(self) -> str:
        return f"{_PREFIX}_{self.quiz_id}_{self.suffix}"


def new_generation_id(quiz_id: uuid.UUID) -> GenerationId:
    """A fresh id for a generation of `quiz_id`."""
    return GenerationId(quiz_id, uuid.uuid4().hex[:8])


def parse_generation_id(workflow_id: str) -> GenerationId:
    """The parts of `workflow_id`; raises ValueError when it is not one of ours."""
    prefix, _, rest = workflow_id.partition("_")
    quiz_id, _, suffix = rest.partition("_")
    if prefix != _PREFIX or not suffix:
        raise ValueError(f"not a generation's workflow id: {workflow_id!r}")
    return GenerationId(uuid.UUID(quiz_id), suffix)
