"""The stored histories hold the turns that a generation can take."""

import base64
import json
from collections import Counter
from typing import Any

import pytest

from tests.replay.replaying import NAMES, stored_events, turn_of

# Turn -> events, activities or signals that it is there for, with the least number of each.
HOLDS: dict[str, dict[str, int]] = {
    "plain": {"question.draft": 8, "WORKFLOW_EXECUTION_COMPLETED": 1},
    "repaired": {"question.revise": 4, "WORKFLOW_EXECUTION_COMPLETED": 1},
    "duplicate": {"question.revise": 1, "The quiz already asks": 1, "WORKFLOW_EXECUTION_COMPLETED": 1},
    "paused": {"pause": 1, "resume": 1, "GenerationPaused": 2, "WORKFLOW_EXECUTION_COMPLETED": 1},
    "provider_paused": {"ProviderTrouble": 2, "resume": 1, "WORKFLOW_EXECUTION_COMPLETED": 1},
    "resumed_while_catching_up": {"GenerationPaused": 1, "resume": 1, "MARKER_RECORDED": 1},
    "cancelled": {"ACTIVITY_TASK_CANCEL_REQUESTED": 3, "WORKFLOW_EXECUTION_CANCELED": 1},
    "cancelled_too_late": {"WORKFLOW_EXECUTION_CANCEL_REQUESTED": 1, "WORKFLOW_EXECUTION_COMPLETED": 1},
    "failed": {"question.revise": 6, "ContentExhausted": 1, "WORKFLOW_EXECUTION_FAILED": 1},
    "resumed_after_failure": {"question.draft": 1, "WORKFLOW_EXECUTION_COMPLETED": 1},
    "continued_first": {"WORKFLOW_EXECUTION_CONTINUED_AS_NEW": 1},
    "continued_second": {"question.draft": 1, "WORKFLOW_EXECUTION_COMPLETED": 1},
    "limited_first": {"question.draft": 1, "WORKFLOW_EXECUTION_CONTINUED_AS_NEW": 1},
    "limited_second": {"question.draft": 1},
    "told_again": {"ahead": 1, "MARKER_RECORDED": 1, "WORKFLOW_EXECUTION_COMPLETED": 1},
    "refused_an_end": {"WORKFLOW_TASK_FAILED": 1, "WORKFLOW_EXECUTION_CONTINUED_AS_NEW": 1},
    "paused_first": {"pause": 10, "WORKFLOW_EXECUTION_CONTINUED_AS_NEW": 1},
    "paused_second": {"resume": 1, "question.draft": 1},
    "handed_over_first": {"pause": 1, "MARKER_RECORDED": 1, "WORKFLOW_EXECUTION_CONTINUED_AS_NEW": 1},
    "handed_over_second": {"resume": 1, "MARKER_RECORDED": 1},
}


def test_one_history_of_each_kind_is_stored() -> None:
    """Or the other tests prove nothing."""
    assert set(HOLDS) == {turn_of(name) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_a_history_holds_what_it_is_there_for(name: str) -> None:
    """Its turns are taken in it, not only in its name."""
    counts: Counter[str] = Counter()
    for event in stored_events(name):
        counts.update(_words(event))
    assert {word: least for word, least in HOLDS[turn_of(name)].items() if counts[word] < least} == {}


def _words(event: dict[str, Any]) -> list[str]:
    """What an event is about: its type, the activity, the signal, the failure, what the mirror answered."""
    words = [event["eventType"].removeprefix("EVENT_TYPE_")]
    if scheduled := event.get("activityTaskScheduledEventAttributes"):
        words.append(scheduled["activityType"]["name"])
        given = base64.b64decode(scheduled["input"]["payloads"][0]["data"]).decode()
        words += ["The quiz already asks"] if "The quiz already asks" in json.dumps(json.loads(given)) else []
    if completed := event.get("activityTaskCompletedEventAttributes"):
        words += ["ahead"] if b'{"ahead":' in base64.b64decode(completed["result"]["payloads"][0]["data"]) else []
    if signal := event.get("workflowExecutionSignaledEventAttributes"):
        words.append(signal["signalName"])
    for attributes in ("activityTaskFailedEventAttributes", "workflowExecutionFailedEventAttributes"):
        if failed := event.get(attributes):
            words.append(failed["failure"].get("applicationFailureInfo", {}).get("type", ""))
    return words
