"""I5: a mirror that says something else than Temporal, miscounts or goes back is an offence."""

from typing import Any

import pytest
from temporalio.client import WorkflowExecution
from temporalio.client import WorkflowExecutionStatus as Temporal

from tests.chaos import judge
from tests.unit.chaos.evidence_of import OTHER_ID, evidence, question, run, snapshot, state, told

IN_TEMPORAL = {
    "completed": [Temporal.COMPLETED],
    "cancelled": [Temporal.CANCELED],
    "failed": [Temporal.FAILED, Temporal.TERMINATED, Temporal.TIMED_OUT],
    "running": [Temporal.RUNNING],
    "paused": [Temporal.RUNNING],
}


@pytest.mark.parametrize("status", Temporal)
@pytest.mark.parametrize("row", IN_TEMPORAL)
def test_row_and_run_agree(row: str, status: Temporal) -> None:
    """For each status of a row, those of a run that go with it."""
    parts = evidence(states=[state(status=row)], executions=[run(status)])
    assert told(judge.the_mirror_tells_the_truth(parts), "" if status in IN_TEMPORAL[row] else f"{row} in the mirror")


@pytest.mark.parametrize(
    ("row", "executions", "said", "said_while_runs_close"),
    [
        # The row is ahead.
        ("completed", [run(Temporal.RUNNING)], "in Temporal", ""),
        ("failed", [run(Temporal.RUNNING)], "in Temporal", ""),
        # The row is behind: never legal.
        ("running", [run(Temporal.COMPLETED)], "in Temporal", "in Temporal"),
        ("running", [run(Temporal.TERMINATED)], "in Temporal", "in Temporal"),
        # The newest run counts, in whichever order they are listed.
        ("running", [run(Temporal.FAILED), run(Temporal.RUNNING, began=9)], "", ""),
        ("running", [run(Temporal.RUNNING, began=9), run(Temporal.FAILED)], "", ""),
        ("failed", [run(Temporal.COMPLETED), run(Temporal.FAILED, began=9)], "", ""),
        ("completed", [run(Temporal.COMPLETED), run(Temporal.FAILED, began=9)], "in Temporal", "in Temporal"),
        ("completed", [run(Temporal.FAILED, began=9), run(Temporal.COMPLETED)], "in Temporal", "in Temporal"),
        # Temporal knows nothing of it.
        ("completed", [], "knows nothing", "knows nothing"),
        ("running", [run(Temporal.RUNNING, workflow_id=OTHER_ID)], "knows nothing", "knows nothing"),
    ],
)
def test_the_mirror_tells_the_truth(
    row: str, executions: list[WorkflowExecution], said: str, said_while_runs_close: str
) -> None:
    """At the end, and while runs still close."""
    parts = evidence(states=[state(status=row)], executions=executions)
    assert told(judge.the_mirror_tells_the_truth(parts), said)
    assert told(judge.the_mirror_tells_the_truth(parts, while_runs_close=True), said_while_runs_close)


@pytest.mark.parametrize(
    ("row", "said"),
    [("completed", ""), ("cancelled", ""), ("failed", ""), ("running", "running in"), ("paused", "paused")],
)
def test_what_a_run_told_stands_when_it_is_terminated_before_it_closes(row: str, said: str) -> None:
    """It has told its end; a row that is open has not."""
    told_its_end = evidence(states=[state(status=row, current_node="finish")], executions=[run(Temporal.TERMINATED)])
    assert told(judge.the_mirror_tells_the_truth(told_its_end), said)


@pytest.mark.parametrize(("count", "said"), [(3, ""), (2, "2 in the mirror, 3 questions"), (4, "4 in the mirror")])
def test_the_mirror_counts_its_questions(count: int, said: str) -> None:
    """Its own and nobody else's."""
    questions = [question(0), question(1), question(2), question(0, workflow_id=OTHER_ID)]
    states = [state(completed_steps=count), state(workflow_id=OTHER_ID, completed_steps=1)]
    assert told(judge.the_mirror_counts_its_questions(evidence(states=states, questions=questions)), said)


def test_a_row_without_questions_counts_none() -> None:
    """Where there are none, one is too many."""
    assert judge.the_mirror_counts_its_questions(evidence(states=[state(completed_steps=0)])) == []
    assert told(judge.the_mirror_counts_its_questions(evidence(states=[state(completed_steps=1)])), "0 questions")


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (snapshot(6, 3), ""),
        (snapshot(9, 4), ""),
        (snapshot(5, 3), "(5, 3) and then (5, 3)"),
        (snapshot(4, 3), "(5, 3) and then (4, 3)"),
        (snapshot(6, 2), "(5, 3) and then (6, 2)"),
        # Another run begins anew, as another generation does; what came from outside has no place in a run.
        (snapshot(1, 0, run_id="run-2"), ""),
        ({**snapshot(1, 0), "workflow_id": OTHER_ID}, ""),
        (snapshot(0, 0, run_id="outside-1"), ""),
    ],
)
def test_the_mirror_never_goes_back(second: dict[str, Any], said: str) -> None:
    """Within a run, in the order of the log."""
    assert told(judge.the_mirror_never_goes_back(evidence(events=[snapshot(5, 3), second])), said)


def test_others_between_hide_nothing() -> None:
    """What goes back is noticed past another run's and an outsider's lines."""
    events = [snapshot(5, 3), snapshot(1, 0, run_id="run-2"), snapshot(0, 0, run_id="outside-1"), snapshot(6, 2)]
    assert told(judge.the_mirror_never_goes_back(evidence(events=events)), "(5, 3) and then (6, 2)")
