"""The words for where a generation stands, shared by workflow, mirror, command line and API."""

from enum import StrEnum


class Status(StrEnum):
    """Where a generation stands."""

    # Questions are being written, or will be as soon as a worker is there.
    RUNNING = "running"
    # Nothing new is asked of the model until somebody resumes; when nobody asked for the pause, the reason is in
    # `error_message`.
    PAUSED = "paused"
    # Exactly the questions asked for exist.
    COMPLETED = "completed"
    # It ended with fewer questions than asked for; `error_message` says why; what was made is kept.
    FAILED = "failed"
    # Somebody cancelled it; what was made is kept.
    CANCELLED = "cancelled"

    @property
    def is_active(self) -> bool:
        """Whether the generation still occupies its quiz."""
        return self in ACTIVE


# The statuses in which a generation occupies its quiz.
ACTIVE = (Status.RUNNING, Status.PAUSED)


class Step(StrEnum):
    """A step of the question graph that calls the model."""

    DRAFT = "draft"
    REVISE = "revise"


class Difficulty(StrEnum):
    """How hard a question is meant to be."""

    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"


class Bloom(StrEnum):
    """Levels of Bloom's revised taxonomy that a multiple-choice question can test well."""

    REMEMBER = "remember"
    UNDERSTAND = "understand"
    APPLY = "apply"
    ANALYZE = "analyze"
