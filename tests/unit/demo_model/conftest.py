"""What the tests of the demo model share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from demo_model.prompt_reader import Order, read_order
from demo_model.writer import Written, write_question
from model.prompts import Assignment, draft_messages

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def sample() -> str:
    """The sample chapter."""
    return (ROOT / "samples" / "cell-biology.md").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def order() -> Callable[..., Order]:
    """An order as the service's own prompt asks it."""

    def make(text: str, part: int = 1, parts: int = 1, avoid: tuple[str, ...] = ()) -> Order:
        read = read_order(draft_messages(Assignment(text, part, parts, "medium", "remember", avoid=avoid)))
        assert read is not None
        return read

    return make


@pytest.fixture(scope="session")
def ask(order: Callable[..., Order]) -> Callable[..., Written | None]:
    """The demo model's question for a text."""

    def make(text: str, part: int = 1, parts: int = 1, avoid: tuple[str, ...] = ()) -> Written | None:
        return write_question(order(text, part, parts, avoid))

    return make
