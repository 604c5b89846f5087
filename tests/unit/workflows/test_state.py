"""What a generation knows between its runs."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from workflows.messages import STEMS_BYTES, PlannedSlot, PreparedContent
from workflows.state import GenerationState, ranges


def _prepared(**changes: object) -> PreparedContent:
    plan = [PlannedSlot(chunk, 1, 1, "easy", "remember", 0) for chunk in (0, 1, 1, 2)]
    fields = {"chunk_ids": [10, 11, 12], "chunk_sizes": [5, 6, 7], "plan": plan, **changes}
    return PreparedContent(**fields)  # type: ignore[arg-type]


@given(st.sets(st.integers(0, 300)))
def test_ranges_name_each_slot_once(slots: set[int]) -> None:
    """Reading the ranges back gives the slots, and no two ranges touch."""
    text = ranges(sorted(slots))
    spans = [(int(part.partition("-")[0]), int(part.rpartition("-")[2])) for part in text.split(",") if part]
    assert [slot for first, last in spans for slot in range(first, last + 1)] == sorted(slots)
    assert all(last + 1 < first for (_, last), (first, _) in pairwise(spans))


def test_ranges_read_as_a_person_writes_them() -> None:
    """Neighbours are joined, a single slot stands alone."""
    assert ranges([0, 1, 2, 5, 7, 8]) == "0-2,5,7-8"
    assert ranges([]) == ""
    assert ranges([3]) == "3"


def test_a_fresh_generation_queues_every_slot() -> None:
    """Each chunk is loaded with the slots that the plan gives it."""
    state = GenerationState()
    state.adopt(_prepared())
    assert (state.queue, state.done, state.attempts) == ([0, 1, 2, 3], {}, {})
    assert (state.chunk_loads, state.chunk_failures) == ([1, 2, 1], [0, 0, 0])


def test_what_an_earlier_run_finished_is_kept() -> None:
    """Finished slots are not queued again, and what they cost is counted on."""
    state = GenerationState()
    state.adopt(_prepared(finished={1: "What is it?", 3: "Who was it?"}, spent=(5, 100, 50, 0.25)))
    assert state.queue == [0, 2]
    assert state.done == {1: "What is it?", 3: "Who was it?"}
    assert (state.calls, state.prompt_tokens, state.completion_tokens, state.cost) == (5, 100, 50, 0.25)


def test_after_a_failure_slots_go_on_with_their_next_answer() -> None:
    """The stored answers that failed are not read again."""
    state = GenerationState()
    state.adopt(_prepared(next_attempt={0: 3}))
    assert state.attempts == {0: 3}


def test_adopting_copies() -> None:
    """What the state changes later does not change the prepared content, which is part of it."""
    prepared = _prepared(finished={1: "What is it?"}, next_attempt={0: 3})
    state = GenerationState()
    state.adopt(prepared)
    state.done[0] = "New?"
    state.attempts[2] = 1
    assert prepared.finished == {1: "What is it?"} and prepared.next_attempt == {0: 3}


def test_what_is_handed_over_is_the_same_but_for_very_long_stems() -> None:
    """Which lose their ends; the run itself keeps them."""
    state = GenerationState(done={0: "What?", 1: "Which?"}, calls=3)
    assert state.to_hand_over() == state
    state.done[1] = "W" * 2 * STEMS_BYTES
    handed = state.to_hand_over()
    assert handed.done == {0: "What?", 1: "W" * (STEMS_BYTES - 5)}
    assert handed.calls == 3 and len(state.done[1]) == 2 * STEMS_BYTES


def test_two_states_share_nothing() -> None:
    """Each generation has lists of its own."""
    one, two = GenerationState(), GenerationState()
    one.queue.append(1)
    one.done[1] = "What?"
    assert two == GenerationState()


def test_there_is_no_plan_before_content_is_prepared() -> None:
    """The plan is empty until then."""
    assert GenerationState().plan == []
