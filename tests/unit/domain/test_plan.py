"""What each slot is to be about is fair, spread and always the same."""

from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.plan import BLOOMS, DIFFICULTIES, ChunkSpan, SlotPlan, plan_slots

spans = st.lists(st.builds(ChunkSpan, section=st.integers(0, 6), size=st.integers(1, 8_000)), min_size=1, max_size=40)
counts = st.integers(0, 200)


@given(spans, counts, st.text())
def test_exactly_n_slots_with_numbered_parts(chunks: list[ChunkSpan], count: int, seed: str) -> None:
    """There are N slots, each on a chunk that exists, and the parts of a chunk are 1 to k in order."""
    plan = plan_slots(chunks, count, seed=seed)
    assert len(plan) == count
    for chunk in {slot.chunk for slot in plan}:
        mine = [slot for slot in plan if slot.chunk == chunk]
        assert 0 <= chunk < len(chunks)
        assert [slot.part for slot in mine] == list(range(1, len(mine) + 1))
        assert {slot.parts for slot in mine} == {len(mine)}


@given(spans, counts)
def test_quotas_are_proportional(chunks: list[ChunkSpan], count: int) -> None:
    """A section's share is within one question of its share of the text, a chunk's within one of its section's."""
    given_to = Counter(slot.chunk for slot in plan_slots(chunks, count, seed="s"))
    total = sum(chunk.size for chunk in chunks)
    for section in {chunk.section for chunk in chunks}:
        members = [index for index, chunk in enumerate(chunks) if chunk.section == section]
        size = sum(chunks[index].size for index in members)
        share = sum(given_to[index] for index in members)
        assert abs(share - count * size / total) < 1
        for index in members:
            assert abs(given_to[index] - share * chunks[index].size / size) < 1


@given(counts, st.integers(1, 6), st.text())
def test_key_positions_are_balanced(count: int, options: int, seed: str) -> None:
    """No position holds the key more than once oftener than another, at any point of the quiz."""
    positions = [slot.key_position for slot in plan_slots([ChunkSpan(0, 1)], count, options=options, seed=seed)]
    for end in range(0, count + 1, options):
        tally = [positions[:end].count(position) for position in range(options)]
        assert max(tally) - min(tally) <= 1
    tally = [positions.count(position) for position in range(options)]
    assert max(tally) - min(tally) <= 1


@pytest.mark.parametrize("count", [10, 20, 50, 100])
@pytest.mark.parametrize(("shares", "read"), [(DIFFICULTIES, "difficulty"), (BLOOMS, "bloom")])
def test_levels_have_their_shares(count: int, shares: dict[str, int], read: str) -> None:
    """Difficulty and Bloom level come in their shares over the quiz, and nearly so over each half of it."""
    levels = [getattr(slot, read) for slot in plan_slots([ChunkSpan(0, 5_000)] * 7, count, seed="s")]
    for level, share in shares.items():
        assert abs(levels.count(level) - count * share / 100) < 1
        assert abs(levels[: count // 2].count(level) - count * share / 200) <= 2


def test_difficulty_and_bloom_are_not_locked() -> None:
    """Each difficulty has every Bloom level in a quiz of 50."""
    pairs = {(slot.difficulty, slot.bloom) for slot in plan_slots([ChunkSpan(0, 5_000)] * 9, 50, seed="s")}
    assert len(pairs) == len(DIFFICULTIES) * len(BLOOMS)


def test_few_questions_spread_over_the_sections() -> None:
    """With fewer questions than chunks no chunk is asked about twice and every equal section gets its share."""
    chunks = [ChunkSpan(index // 5, 6_000) for index in range(30)]
    plan = plan_slots(chunks, 6, seed="s")
    assert sorted(chunks[slot.chunk].section for slot in plan) == [0, 1, 2, 3, 4, 5]
    assert {slot.parts for slot in plan} == {1}


def test_neighbouring_slots_ask_about_different_chunks() -> None:
    """Slots go round the chunks: those written at the same time don't ask about the same text."""
    plan = plan_slots([ChunkSpan(0, 6_000)] * 5, 50, seed="s")
    assert all(first.chunk != second.chunk for first, second in pairwise(plan))


def test_plan_depends_on_its_input_alone() -> None:
    """The same input gives the same plan, another seed other key positions, and a recorded plan stays as it is."""
    chunks = [ChunkSpan(0, 6_000), ChunkSpan(0, 3_000), ChunkSpan(1, 6_000)]
    plan = plan_slots(chunks, 12, seed="mcq_1_a")
    assert plan == plan_slots(chunks, 12, seed="mcq_1_a")
    other = plan_slots(chunks, 12, seed="mcq_1_b")
    assert [slot.key_position for slot in plan] != [slot.key_position for slot in other]
    assert [slot.chunk for slot in plan] == [slot.chunk for slot in other]
    assert plan[:3] == RECORDED


@pytest.mark.parametrize(
    "call",
    [
        lambda: plan_slots([], 1, seed="s"),
        lambda: plan_slots([ChunkSpan(0, 1)], -1, seed="s"),
        lambda: plan_slots([ChunkSpan(0, 1)], 1, options=0, seed="s"),
    ],
)
def test_impossible_plans_are_refused(call: Callable[[], list[SlotPlan]]) -> None:
    """Without a chunk, with a negative number of questions or without options there is nothing to plan."""
    with pytest.raises(ValueError, match="cannot plan"):
        call()


def test_chunks_without_size_still_get_slots() -> None:
    """Sizes of zero are shared evenly rather than divided by."""
    assert sorted(slot.chunk for slot in plan_slots([ChunkSpan(0, 0)] * 2, 4, seed="")) == [0, 0, 1, 1]


RECORDED = [
    SlotPlan(chunk=0, part=1, parts=5, difficulty="medium", bloom="understand", key_position=1),
    SlotPlan(chunk=2, part=1, parts=5, difficulty="easy", bloom="apply", key_position=2),
    SlotPlan(chunk=1, part=1, parts=2, difficulty="medium", bloom="remember", key_position=0),
]
