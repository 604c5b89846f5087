"""The plan of questions that are asked for in place of another."""

import pytest

from storage.model_calls import Replaced
from workflows.messages import PlannedSlot
from writing.content import in_place_of

PLAN = [PlannedSlot(0, 1, 2, "medium", "understand", 3), PlannedSlot(2, 1, 1, "hard", "apply", 1)]
CHUNKS = [2**40, 7, 9]


def test_all_slots_are_on_its_chunk_as_hard_and_on_its_bloom_level() -> None:
    """They share the chunk in parts; the key's position stays as planned, so that it cannot be learned."""
    assert in_place_of(Replaced(7, "easy", "analyze", "What is it?"), PLAN, CHUNKS) == [
        PlannedSlot(1, 1, 2, "easy", "analyze", 3),
        PlannedSlot(1, 2, 2, "easy", "analyze", 1),
    ]


def test_one_slot_has_the_whole_chunk() -> None:
    """The usual case: one question for one."""
    (slot,) = in_place_of(Replaced(2**40, "easy", "analyze", "What is it?"), PLAN[:1], CHUNKS)
    assert (slot.c, slot.p, slot.n) == (0, 1, 1)


@pytest.mark.parametrize("chunk", [8, None])
def test_without_its_chunk_the_places_are_those_of_the_plan(chunk: int | None) -> None:
    """The content was changed, or the source tells no chunk; difficulty and Bloom level are kept."""
    assert in_place_of(Replaced(chunk, "easy", "analyze", "What is it?"), PLAN, CHUNKS) == [
        PlannedSlot(0, 1, 2, "easy", "analyze", 3),
        PlannedSlot(2, 1, 1, "easy", "analyze", 1),
    ]
