import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest
from semantic_text_splitter import TextSplitter

HERE = Path(__file__).parent
BOOK = HERE.parents[3] / "shared" / "corpora" / "openstax-psychology-2e.jsonl"


@pytest.fixture(scope="module")
def measure() -> ModuleType:
    """The measuring module beside this file."""
    spec = importlib.util.spec_from_file_location("demo_model_measure", HERE / "measure.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_nearly_every_chunk_of_a_textbook_gives_good_questions(measure: ModuleType) -> None:
    """Of a real textbook's chunks 95 % give a question without an error and 80 % give three; 80 % have no flaw at all.

    The book's own questions have no flaw by the same rules in 44 % of cases.
    """
    if not BOOK.is_file():
        pytest.skip("The textbook is not beside the repository (../shared/corpora), so coverage was not measured.")
    modules = [json.loads(line)["text"] for line in BOOK.read_text(encoding="utf-8").splitlines()]
    splitter = TextSplitter(6000)
    chunks = [chunk for text in modules for chunk in splitter.chunks(text)]
    figures = measure.measure(chunks[::2], 3)  # every other one, for time
    assert figures.chunks > 100
    assert figures.share_of_chunks_with(1) >= 0.95
    assert figures.share_of_chunks_with(3) >= 0.80
    assert figures.flawless / figures.questions >= 0.80, figures.flaws


def test_the_sample_chapter_carries_a_whole_demonstration(sample: str, measure: ModuleType) -> None:
    """The sample chapter gives at least 40 different questions without an error."""
    figures = measure.measure(TextSplitter(6000).chunks(sample), 16)
    assert sum(figures.sound) >= 40
    assert figures.flawless / figures.questions >= 0.95, figures.flaws
