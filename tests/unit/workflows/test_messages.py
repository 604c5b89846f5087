"""What crosses to Temporal: converted there and back unchanged, frozen, small."""

import dataclasses
import inspect
from typing import Any

import pytest
from temporalio.converter import DataConverter

from domain.shortening import shortened
from domain.statuses import Status
from payloads.converter import converter_with
from workflows import messages
from workflows.messages import (
    STEMS_BYTES,
    FinishedSlot,
    GenerationOptions,
    GenerationResult,
    PlannedSlot,
    PrepareContentInput,
    PreparedContent,
    Progress,
    Snapshot,
)
from workflows.state import GenerationInput, GenerationState
from writing.content import OTHER_STEMS_BYTES, within

# A payload over 2 MB does not fail, it hangs; the server warns from 256 KB.
PAYLOAD_LIMIT = 2_000_000

OPTIONS = GenerationOptions("q", "o", 4, "demo-model", temperature=0.2)
PREPARED = PreparedContent(
    chunk_ids=[2**40, 2],
    chunk_sizes=[10, 20],
    plan=[PlannedSlot(0, 1, 2, "easy", "remember", 3), PlannedSlot(1, 2, 2, "hard", "apply", 0)],
    finished={0: "What is a cell? ÄÖÜ 細胞"},
    next_attempt={1: 4},
    other_stems=["Who?"],
    spent=(1, 2, 3, 0.5),
)
STATE = GenerationState(
    status=Status.PAUSED,
    reason="rate limit (429)",
    phase="write_questions",
    sequence=7,
    prepared=PREPARED,
    queue=[1],
    done={0: "What is a cell?"},
    unfilled=[3],
    attempts={0: 1, 1: 4},
    chunk_loads=[1, 1],
    chunk_failures=[0, 2],
    revised=1,
    rejected=2,
    calls=3,
    prompt_tokens=4,
    completion_tokens=5,
    cost=None,
    unmirrored=[FinishedSlot(0, "draft", 0)],
)
SNAPSHOT = Snapshot(
    3, "running", "write_questions", 4, 2, "0-1", 1, 0, 0, 5, 6, 7, 0.1, questions=[FinishedSlot(1, "revise", 2)]
)
PROGRESS = Progress("running", "write_questions", 4, 2, 1, 0, 0, 5, 6, 7, None, None, 8, 3)
RESULT = GenerationResult(4, 5, 1, 0, 6, 7, 0.1)


async def _there_and_back(value: Any) -> Any:
    payloads = await DataConverter.default.encode([value])
    return (await DataConverter.default.decode(payloads, [type(value)]))[0]


@pytest.mark.parametrize(
    "value",
    [
        OPTIONS,
        GenerationInput(OPTIONS),
        GenerationInput(OPTIONS, fresh_attempts=True, state=STATE),
        PrepareContentInput("q", 4),
        PREPARED,
        SNAPSHOT,
        PROGRESS,
        RESULT,
    ],
    ids=lambda value: type(value).__name__,
)
async def test_a_message_survives_the_default_converter(value: Any) -> None:
    """Integer keys, tuples, nested dataclasses and statuses come back as they went."""
    back = await _there_and_back(value)
    assert back == value
    assert repr(back) == repr(value)  # equality alone would let a list pass for a tuple in a nested field


async def test_a_restored_state_goes_on_by_slot_numbers() -> None:
    """JSON knows only text as keys; a slot looked for by its number must be found."""
    state = (await _there_and_back(GenerationInput(OPTIONS, state=STATE))).state
    assert state.done[0] == "What is a cell?" and state.attempts[1] == 4
    assert state.prepared.finished[0] and state.status is Status.PAUSED


@pytest.mark.parametrize(
    "cls",
    [
        cls
        for _, cls in inspect.getmembers(messages, inspect.isclass)
        if dataclasses.is_dataclass(cls) and cls.__module__ == messages.__name__
    ]
    + [GenerationInput],
    ids=lambda cls: cls.__name__,
)
def test_messages_are_frozen(cls: Any) -> None:
    """What was sent cannot be changed afterwards by mistake."""
    assert cls.__dataclass_params__.frozen


@pytest.mark.parametrize(
    ("cls", "required"),
    [
        (GenerationOptions, ["quiz_id", "owner_id", "question_count", "model"]),
        (PrepareContentInput, ["quiz_id", "question_count"]),
        (PreparedContent, ["chunk_ids", "chunk_sizes", "plan"]),
        (GenerationState, []),
        (GenerationInput, ["options"]),
    ],
)
def test_only_the_first_fields_are_required(cls: Any, required: list[str]) -> None:
    """A new field comes with a default: histories and continued runs of earlier releases do not have it."""
    without_default = [
        field.name
        for field in dataclasses.fields(cls)
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]
    assert without_default == required


async def test_a_message_of_an_earlier_release_is_read() -> None:
    """Fields that were not there take their defaults, fields that are gone are passed over."""
    earlier = {"options": {"quiz_id": "q", "owner_id": "o", "question_count": 4, "model": "m", "gone": 1}}
    payloads = await DataConverter.default.encode([earlier])
    start = (await DataConverter.default.decode(payloads, [GenerationInput]))[0]
    assert start == GenerationInput(GenerationOptions("q", "o", 4, "m"))


@pytest.mark.parametrize("letters", [300, 4_000])
@pytest.mark.parametrize("letter", ["x", "ж", "学", '"', "\\", "\n", "\x01"])
async def test_a_thousand_questions_fit_into_one_payload(letter: str, letters: int) -> None:
    """The largest state that a run hands to the next, whatever its letters: every slot done, and others' beside."""
    count = 1_000
    stems = {slot: f"{slot} {letter * letters}" for slot in range(count)}
    prepared = dataclasses.replace(
        PREPARED,
        chunk_ids=[2**40 + chunk for chunk in range(count)],
        chunk_sizes=[6_000] * count,
        plan=[PlannedSlot(slot, 999, 999, "medium", "understand", 3) for slot in range(count)],
        finished=shortened(stems, STEMS_BYTES),
        next_attempt=dict.fromkeys(range(count), 99),
        other_stems=within(list(stems.values()), OTHER_STEMS_BYTES),
    )
    state = GenerationState()
    state.adopt(prepared)
    state.done = dict(stems)
    state.queue = list(range(count))
    state.chunk_loads, state.chunk_failures = [9] * count, [2] * count
    state.unmirrored = [FinishedSlot(slot, "revise", 99) for slot in range(count)]
    for message in (prepared, GenerationInput(OPTIONS, state=state.to_hand_over())):
        payloads = await converter_with([]).encode([message])
        assert sum(payload.ByteSize() for payload in payloads) < PAYLOAD_LIMIT


async def test_the_largest_snapshot_fits_into_one_payload() -> None:
    """All questions of the largest generation at once, after a long outage of the mirror."""
    snapshot = dataclasses.replace(SNAPSHOT, questions=[FinishedSlot(slot, "revise", 99) for slot in range(1_000)])
    payloads = await DataConverter.default.encode([snapshot])
    assert sum(payload.ByteSize() for payload in payloads) < 100_000
