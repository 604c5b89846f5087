"""The questions file: written whole and atomically, so that a reader never sees half of one."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from service.status import GenerationStatus
    from storage.tables import QuestionRow


class NotAQuestionsFile(Exception):
    """{path} exists and is no questions file; choose another with --out."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} exists and is no questions file; choose another with --out")


def check_destination(path: Path) -> None:
    """Raise before anything starts when the file could not be written: OSError or NotAQuestionsFile."""
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; name a file with --out")
    if path.exists() and not path.is_file():  # a device or a pipe cannot be replaced in one step
        raise NotAQuestionsFile(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"the folder {path.parent} does not exist; make it, or choose another with --out")
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(f"the folder {path.parent} cannot be written to; choose another with --out")
    if path.exists() and path.stat().st_size:
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, RecursionError):
            content = None
        known = isinstance(content, dict) and "workflow_id" in content
        if not known:
            raise NotAQuestionsFile(path)


def holds(path: Path, workflow_id: str, status: str) -> bool:
    """Whether the file has this generation's questions as of this status."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return bool((content["workflow_id"], content["status"]) == (workflow_id, status))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return False


def as_json(status: "GenerationStatus", questions: "Sequence[QuestionRow]") -> dict[str, Any]:
    """The content of the file."""
    return {
        "workflow_id": status.workflow_id,
        "quiz_id": str(status.quiz_id),
        "status": str(status.status),
        "questions": [_question(question) for question in questions],
    }


def write(path: Path, content: dict[str, Any]) -> None:
    """Replace the file at `path` in one step; a link keeps pointing at it."""
    path = path.resolve()
    draft = path.with_name(f".{path.name}-{os.getpid()}.tmp")
    try:
        with draft.open("w", encoding="utf-8") as file:
            json.dump(content, file, ensure_ascii=False, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            draft.chmod(path.stat().st_mode & 0o777)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _question(row: "QuestionRow") -> dict[str, Any]:
    return {
        "slot": row.slot,
        "stem": row.stem,
        "options": row.options,
        "key": row.key,
        "explanation": row.explanation,
        "difficulty": row.difficulty,
        "bloom": row.bloom,
        "source": {name: row.source[name] for name in ("document", "start", "end", "quote")},
        "flaws": row.flaws,
        "model": row.model,
    }
