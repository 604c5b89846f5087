"""What is failed in a dead worker's name is the try that was seen, and no later one."""

from datetime import timedelta

import pytest

from activities.hand_back import PAUSE, WITHIN
from workflows.question_graph import NODE_RETRY
from workflows.quiz_generation import PREPARE_RETRY
from writing.patience import SHORTEST_PAUSE, next_delay

PAUSES = {
    "the retry policy of a call": NODE_RETRY.initial_interval,
    "the retry policy of the content's preparation": PREPARE_RETRY.initial_interval,
    "the provider says nothing": next_delay(1, None),
    "the provider says: at once": next_delay(1, 0.0),
    "the provider asks for a pause": SHORTEST_PAUSE,
    "after a death": PAUSE,
}


@pytest.mark.parametrize("pause", PAUSES.values(), ids=PAUSES)
def test_a_try_is_failed_sooner_than_a_later_one_can_begin(pause: timedelta) -> None:
    """They share the activity's id: within a pause there is no later one that could be met."""
    assert timedelta(seconds=WITHIN) < pause
