"""I5: when the mirror had what workflows had decided by a moment, from their histories alone.

Nobody is asked meanwhile. A query may wait for a worker that died, and what was queried is forgotten and replayed,
which takes the time that is measured. A workflow decides in its tasks: it accepts a question where it takes in the
answer, and gives itself a status. Its row has that when a snapshot has landed that was made afterwards.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

from tests.chaos.evidence import Step, completed_steps
from tests.chaos.unasked import questions_of, status_set, telling_of

_TASK_COMPLETED = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
_CANCEL_REQUESTED = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED


@dataclass
class _Generation:
    """Of all runs of a workflow."""

    # When each answer was taken in. What became a question is named by a snapshot, of this run or a later one.
    accepted: dict[Step, datetime] = field(default_factory=dict)
    # When the run gave itself a status.
    statuses: list[datetime] = field(default_factory=list)
    # When a snapshot was made, when it had landed, and the questions that it named.
    landed: list[tuple[datetime, datetime, set[Step]]] = field(default_factory=list)


def open_at(histories: Sequence[WorkflowHistory], moment: datetime) -> set[str]:
    """The workflows with a run that was open then. One that never ended is stuck, and judged elsewhere."""
    return {one.workflow_id for one in histories if _time(one.events[0]) <= moment < _time(one.events[-1])}


def told_after(
    histories: Sequence[WorkflowHistory], workflow_ids: Collection[str], since: datetime
) -> dict[str, float]:
    """Of each workflow the seconds from `since` until its row had what it had decided by then; 0 where it had it.

    What was never told is no concern of this: a reset goes back behind it, and what is missing is judged elsewhere.
    """
    generations = defaultdict[str, _Generation](_Generation)
    for history in histories:
        if history.workflow_id in workflow_ids:
            _read(history, generations[history.workflow_id])
    return {one: _seconds(generations[one], since) for one in workflow_ids}


def _read(history: WorkflowHistory, generation: _Generation) -> None:
    made = dict[int, tuple[datetime, set[Step]]]()
    for event in history.events:
        if status_set(event) is not None:
            generation.statuses.append(_time(event))
        elif telling_of(event) is not None:
            named = {(history.workflow_id, *question) for question in questions_of(event)}
            made[event.event_id] = (_time(event), named)
        elif event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
            number = event.activity_task_completed_event_attributes.scheduled_event_id
            if number in made:
                generation.landed.append((made[number][0], _time(event), made[number][1]))
    named_here = set[Step]().union(*(named for _, named in made.values()))
    cancelled = next((_time(event) for event in history.events if event.event_type == _CANCEL_REQUESTED), None)
    for step, taken_in in _taken_in(history).items():
        # Who hears of a cancel with an answer decides nothing about it: the next run finds that stored.
        if cancelled is None or taken_in < cancelled or step in named_here:
            generation.accepted[step] = min(taken_in, generation.accepted.get(step, taken_in))


def _taken_in(history: WorkflowHistory) -> dict[Step, datetime]:
    """When the task ended that took in each answer: the first that was completed after it."""
    tasks = [_time(event) for event in history.events if event.event_type == _TASK_COMPLETED]
    return {
        step: next(time for time in tasks if time >= completion.time)
        for step, completion in completed_steps(history).items()
        if tasks and tasks[-1] >= completion.time
    }


def _seconds(generation: _Generation, since: datetime) -> float:
    told = [
        [landed for _, landed, named in generation.landed if step in named]
        for step, accepted in generation.accepted.items()
        if accepted <= since
    ]
    told += [
        [landed for made, landed, _ in generation.landed if made >= status]
        for status in generation.statuses
        if status <= since
    ]
    return max([0.0, *((min(landed) - since).total_seconds() for landed in told if landed)])


def _time(event: HistoryEvent) -> datetime:
    return event.event_time.ToDatetime(tzinfo=UTC)
