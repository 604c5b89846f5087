"""Course content for tests: the project's sample chapter, and a textbook where one lies beside the repository."""

import json
from functools import cache
from pathlib import Path

import pytest

from storage.quizzes import NewDocument

ROOT = Path(__file__).parent.parent.parent
TEXTBOOK = ROOT.parent / "shared" / "corpora" / "openstax-psychology-2e.jsonl"


@cache
def sample_chapter() -> NewDocument:
    """The chapter that `make demo` uses."""
    path = next((ROOT / "samples").glob("*.md"))
    return NewDocument(path.name, path.stem, path.read_text())


@cache
def textbook() -> list[dict[str, str]]:
    """The modules of the textbook; skips the test where it is absent."""
    if not TEXTBOOK.exists():
        pytest.skip("the textbook is not beside the repository (../shared/corpora)")
    return [json.loads(line) for line in TEXTBOOK.read_text().splitlines()]
