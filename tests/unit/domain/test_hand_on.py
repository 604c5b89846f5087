"""Which chunk takes over a slot that its chunk could not fill."""

from hypothesis import given
from hypothesis import strategies as st

from domain.plan import ChunkLoad, hand_on

LOADS = [ChunkLoad(6_000, 4), ChunkLoad(6_000, 2), ChunkLoad(2_000, 1), ChunkLoad(8_000, 2)]


def test_least_loaded_for_its_size_takes_over() -> None:
    """The chunk that would have the fewest slots a character takes the slot."""
    assert hand_on(LOADS, set(), {0}) == 3
    assert hand_on(LOADS, {3}, {0}) == 1
    assert hand_on([ChunkLoad(6_000, 4), ChunkLoad(6_000, 2)], set(), set()) == 1


def test_untried_goes_before_tried() -> None:
    """A chunk this slot has failed on comes last, an exhausted one never."""
    assert hand_on(LOADS, {1}, {0, 3}) == 2
    assert hand_on(LOADS, {1, 2}, {0, 3}) == 3


def test_nothing_left() -> None:
    """Without a chunk that is neither exhausted nor empty there is no answer."""
    assert hand_on(LOADS, {0, 1, 2, 3}, set()) is None
    assert hand_on([ChunkLoad(0, 0)], set(), set()) is None
    assert hand_on([], set(), set()) is None


def test_ties_go_to_the_first() -> None:
    """Equal chunks are taken in order, so that the choice is the same on every replay."""
    assert hand_on([ChunkLoad(10, 1)] * 3, {0}, set()) == 1


@given(
    st.lists(st.builds(ChunkLoad, st.integers(0, 9_000), st.integers(0, 50))),
    st.sets(st.integers(0, 9)),
    st.sets(st.integers(0, 9)),
)
def test_choice_is_always_allowed(loads: list[ChunkLoad], exhausted: set[int], tried: set[int]) -> None:
    """Whatever the loads, the choice exists, is not exhausted, and is untried when an untried one is left."""
    usable = {index for index, load in enumerate(loads) if load.size and index not in exhausted}
    choice = hand_on(loads, exhausted, tried)
    assert choice in usable if usable else choice is None
    assert choice not in tried or not usable - tried
