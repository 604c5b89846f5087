"""What the demo model's ledger says of a generation's calls: the witness that none was paid for twice."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from demo_model.fault_answers import BILLED
from demo_model.faults import Fault

# Outcomes of calls whose answer reached the caller whole, good or not; an answer that was cut never did.
ARRIVED = {"answered", "refused", *BILLED} - {Fault.CUT}

Call = dict[str, Any]
AnswerKey = tuple[int, str, int]


def key_of(call: Call) -> AnswerKey:
    """(slot, step, attempt): what is paid for once."""
    _, slot, step, attempt, _ = call["request_id"].split("/")
    return int(slot), step, int(attempt)


def try_of(call: Call) -> int:
    """The activity's attempt, from 1."""
    return int(call["request_id"].rsplit("/", 1)[1])


def time_of(call: Call) -> datetime:
    """When the model took the call in."""
    return datetime.fromisoformat(call["time"])


def of_slot(calls: Iterable[Call], slot: int) -> list[Call]:
    """The calls of one slot, in order."""
    return [call for call in calls if key_of(call)[0] == slot]


def paid_twice(calls: Iterable[Call]) -> list[AnswerKey]:
    """Answers that arrived more than once."""
    counts = Counter(key_of(call) for call in calls if call["outcome"] in ARRIVED)
    return sorted(key for key, count in counts.items() if count > 1)
