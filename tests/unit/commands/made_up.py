"""Made-up generations and questions."""

import uuid
from datetime import UTC, datetime
from typing import Any

from domain.statuses import Status
from service.status import GenerationStatus
from storage.tables import QuestionRow

MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
QUIZ = uuid.UUID(int=7)


def make_status(**changes: Any) -> GenerationStatus:
    """A generation in the middle of its work."""
    fields: dict[str, Any] = {
        "workflow_id": f"mcq_{QUIZ}_1",
        "quiz_id": QUIZ,
        "status": Status.RUNNING,
        "total": 4,
        "completed": 2,
        "current_node": "write_questions",
        "error": None,
        "can_resume": False,
        "in_flight": 1,
        "revised": 0,
        "rejected": 3,
        "calls": 5,
        "prompt_tokens": 1_000,
        "completion_tokens": 500,
        "cost": 0.0,
        "waiting": None,
        "created_at": MOMENT,
        "updated_at": MOMENT,
        **changes,
    }
    return GenerationStatus(**fields)


def make_question(slot: int = 0, **changes: Any) -> QuestionRow:
    """A finished question."""
    fields: dict[str, Any] = {
        "id": uuid.UUID(int=slot),
        "quiz_id": QUIZ,
        "workflow_id": f"mcq_{QUIZ}_1",
        "slot": slot,
        "stem": "Was macht ein Ribosom? 核糖体",
        "options": [{"text": "Proteine", "why_wrong": ""}, {"text": "DNA", "why_wrong": "Das tut die Polymerase."}],
        "key": 0,
        "explanation": "Es übersetzt RNA.",
        "difficulty": "easy",
        "bloom": "remember",
        "source": {"document": "cells.md", "chunk": 9, "start": 10, "end": 40, "quote": "Ribosomes make proteins."},
        "flaws": ["long-stem"],
        "model": "demo-model",
        "prompt_version": "1",
        "prompt_tokens": 100,
        "completion_tokens": 50,
        **changes,
    }
    return QuestionRow(**fields)
