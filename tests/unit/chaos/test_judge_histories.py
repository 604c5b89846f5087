"""I8 to I10: a history that does not replay, tells a secret or is too long is an offence."""

from pathlib import Path
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent, WorkflowExecutionSignaledEventAttributes
from temporalio.client import WorkflowExecution, WorkflowHistory

from tests.chaos import judge, runs
from tests.chaos.evidence import Evidence
from tests.chaos.runs import MOST_BYTES, MOST_EVENTS
from tests.replay.replaying import stored, taking
from tests.security.sightings import Sightings
from tests.unit.chaos.evidence_of import ID, OTHER_ID, call, evidence, history, question, run, snapshot, told

SECRET = "canary-of-the-judge-0123456789"


def _saying(data: bytes) -> WorkflowHistory:
    """One event with this in its payload."""
    attributes = WorkflowExecutionSignaledEventAttributes(input=Payloads(payloads=[Payload(data=data)]))
    event = HistoryEvent(
        event_type=EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
        workflow_execution_signaled_event_attributes=attributes,
    )
    return WorkflowHistory(ID, [event])


def _remembering(data: bytes) -> WorkflowExecution:
    execution = run()
    execution.raw_info.memo.fields["note"].data = data
    return execution


FIRST, SECOND = run(), run(run_id="run-2", began=5)
BOTH = [history("continues-running"), history("pause")]


@pytest.mark.parametrize(
    ("executions", "histories", "parts", "said"),
    [
        ([FIRST], [history("pause")], {"lines": [call(1)]}, ""),
        ([SECOND, FIRST], BOTH, {"events": [snapshot(1, 0), snapshot(1, 0, run_id="run-2")]}, ""),
        ([FIRST], [history("pause")], {"events": [snapshot(1, 0, run_id="outside-1")]}, ""),
        ([], [], {"lines": [call(1)]}, f"{ID}: its history is not there"),
        ([run(workflow_id=OTHER_ID)], [], {"lines": [call(1)]}, f"{ID}: its history is not there"),
        # A reset's run, and one that a reset ended.
        ([FIRST], [history("pause")], {"events": [snapshot(1, 0, run_id="run-2")]}, "run-2: its history is not"),
        ([SECOND], [history("pause")], {"events": [snapshot(1, 0)]}, "run-1: its history is not there"),
        ([SECOND], [history("continues-running")], {}, "run-1: its history is not there"),
    ],
)
def test_every_history_is_there(
    executions: list[WorkflowExecution], histories: list[WorkflowHistory], parts: dict[str, Any], said: str
) -> None:
    """Of what called the model, of each run that mirrored something, and of the run before each."""
    assert told(runs.every_history_is_there(evidence(executions=executions, histories=histories, **parts)), said)


async def test_every_history_replays() -> None:
    """A stored one does; beside it one that scheduled another activity does not."""
    kept, changed = (stored(taking("plain")[0]) for _ in range(2))
    event = next(one for one in changed.events if one.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)
    event.activity_task_scheduled_event_attributes.activity_type.name = "another"
    assert await runs.every_history_replays(evidence(histories=[kept])) == []
    assert told(await runs.every_history_replays(evidence(histories=[kept, changed])), changed.workflow_id)


@pytest.mark.parametrize(
    ("parts", "log", "said"),
    [
        (evidence(histories=[_saying(b"a word")], executions=[_remembering(b"a word")]), "a word", ""),
        (evidence(histories=[_saying(SECRET.encode())]), "", f"key in history of {ID}"),
        (evidence(sealed=[_saying(SECRET.encode())]), "", f"key in history of {ID}"),
        (evidence(executions=[_remembering(SECRET.encode())]), "", f"key in memo or attributes of {ID}"),
        (evidence(), f"started with {SECRET}", "key in log worker-1.log"),
    ],
)
def test_nothing_secret_is_told(
    parts: Evidence, log: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In history, memo and log; the database is looked at, and has what it has."""
    looked_at = list[str]()
    monkeypatch.setattr(Sightings, "look_at_database", lambda _, url: looked_at.append(url))
    (tmp_path / "worker-1.log").write_text(log)
    assert told(judge.nothing_secret_is_told(parts, "postgresql://here", tmp_path, {"key": SECRET}), said)
    assert looked_at == ["postgresql://here"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"sealed", ""),
        (b'{"stem": "What do plants make, 1?"}', "event 0 can be read"),
        (b'{"quote": "Plants make sugar from light."}', "event 0 can be read"),
        (b'["Leaves catch the light."]', "event 0 can be read"),
        (b'["Sugar of \\u00e9tang"]', "event 0 can be read"),
        ('["Dit \\"étang\\", sucré"]'.encode(), "event 0 can be read"),
        (b'["Dit \\"\\u00e9tang\\", sucr\\u00e9"]', "event 0 can be read"),
        (b'["Sugar"]', ""),
    ],
)
def test_nothing_is_readable(data: bytes, said: str) -> None:
    """Neither a question nor its source, in what Temporal keeps; in what was opened both may be."""
    opened = _saying(b"What do plants make, 1?")
    asked = question(1, options=[{"text": text} for text in ("Sugar", "Sugar of étang", 'Dit "étang", sucré')])
    parts = evidence(histories=[opened], sealed=[_saying(data)], questions=[asked])
    assert told(judge.nothing_is_readable(parts), said)
    remembered = evidence(executions=[_remembering(data)], questions=[asked])
    assert told(judge.nothing_is_readable(remembered), said.replace("event 0", "memo or attributes"))


@pytest.mark.parametrize(("count", "said"), [(MOST_EVENTS, ""), (MOST_EVENTS + 1, f"{MOST_EVENTS + 1} events")])
def test_a_run_has_not_too_many_events(count: int, said: str) -> None:
    """So many and no more; runs are not added up."""
    event = HistoryEvent(event_id=1)
    histories = [WorkflowHistory(ID, [event] * count), WorkflowHistory(ID, [event] * 10)]
    assert told(runs.histories_stay_small(evidence(histories=histories)), said)


@pytest.mark.parametrize(("above", "said"), [(0, ""), (1, f"1 events, {MOST_BYTES + 1} bytes")])
def test_a_run_has_not_too_many_bytes(above: int, said: str) -> None:
    """One large payload is enough."""
    around = runs.size_of(_saying(b"x" * MOST_BYTES)) - MOST_BYTES
    large = _saying(b"x" * (MOST_BYTES - around + above))
    assert runs.size_of(large) == MOST_BYTES + above
    assert told(runs.histories_stay_small(evidence(histories=[large, _saying(b"small")])), said)
    encrypted = evidence(histories=[_saying(b"small")], sealed=[large])
    assert told(runs.histories_stay_small(encrypted), said), "what Temporal keeps counts"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["refused-end"] * 2, ""),
        (["refused-end"] * 3, "3 times a run was not allowed to end"),
        (["refused-end", "timed-out", "refused-end", "refused-end"], ""),
        (["refused-end", "cancel", "refused-end", "refused-end"], ""),
        (["timed-out", *["refused-end"] * 4], "4 times"),
    ],
)
def test_no_end_is_refused_again_and_again(words: list[str], said: str) -> None:
    """Twice, and once more for each task that died and each cancel; each run counts by itself."""
    histories = [history(*words), history("refused-end")]
    assert told(runs.no_end_is_refused_again_and_again(evidence(histories=histories)), said)
