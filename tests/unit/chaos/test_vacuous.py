"""A campaign that did not try what its plan says has proved nothing, and is told so."""

from dataclasses import replace
from typing import Any

import pytest

from tests.chaos.mirror import Convergence
from tests.chaos.plan import Plan
from tests.chaos.recovery import Recovery
from tests.chaos.schedule import FREEZES, KILLS
from tests.chaos.strikes import Done
from tests.chaos.teachers import Generation
from tests.chaos.verdict import not_tried
from tests.unit.chaos.evidence_of import at, generation, kill, struck, told, witnesses

PLAN = Plan(1, 2, 3, kills=4, seconds=60, faults=(KILLS, FREEZES), least_inside=0.25)
HELD = generation(pauses=[(at(10), at(20))])
HURRIED, BACK = generation(hurried=1), generation(regretted=[(at(10), at(20))])
FOUR = [kill("worker-1", moment) for moment in range(4)]
FROZEN = struck(FREEZES, "worker-1", 1)
UNHURT = Recovery(0, 0, [], [])
SEALED = "payloads that Temporal keeps encrypted"
HANDED_OVER = "runs that handed over to the next"
NUMBERS = {"calls paid": 100, "calls paid that nothing struck": 10, SEALED: 0, HANDED_OVER: 1}


@pytest.mark.parametrize(
    ("strikes", "inside", "unexcused", "generations", "said"),
    [
        ([*FOUR, FROZEN], 1, 10, [generation(), HELD], ""),
        (FOUR, 1, 10, [HELD], "no freezes struck anything"),
        ([*FOUR, struck(FREEZES, "worker-1", 1, hit=False)], 1, 10, [HELD], "no freezes struck anything"),
        ([*FOUR[:3], FROZEN], 1, 10, [HELD], "only 3 of 4 kills found a worker"),
        ([*FOUR[:3], kill("worker-1", 4, hit=False), FROZEN], 1, 10, [HELD], "only 3 of 4 kills found a worker"),
        ([*FOUR, FROZEN], 0, 10, [HELD], "only 0 of 4 kills struck a call"),
        ([*FOUR, FROZEN], 1, 9, [HELD], "only 9 of 100 paid calls would have been an offence"),
        ([*FOUR, FROZEN], 1, 10, [generation()], "no pause was held"),
        ([*FOUR, FROZEN], 1, 10, [HELD] * 98 + [BACK] * 2, "nobody paused and resumed without a break"),
        ([*FOUR, FROZEN], 1, 10, [HELD] * 99 + [HURRIED], ""),
        ([*FOUR, FROZEN], 1, 10, [HELD] * 298 + [HURRIED], ""),
        ([*FOUR, FROZEN], 1, 10, [HELD] * 299 + [HURRIED], "nobody took a cancel back"),
        ([*FOUR, FROZEN], 1, 10, [HELD] * 298 + [HURRIED, BACK], ""),
        ([*FOUR, FROZEN], 1, 10, [HELD] * 99, ""),
        ([*FOUR, FROZEN], 1, 10, [generation(lapsed=[(at(1), at(2))])], "no pause was held"),
    ],
)
def test_what_was_not_tried_is_told(
    strikes: list[Done], inside: int, unexcused: int, generations: list[Generation], said: str
) -> None:
    """Each reason once."""
    kills = sum(done.hit and done.strike.kind == KILLS for done in strikes)
    seen = witnesses(plan=PLAN, done=strikes, generations=generations)
    numbers = {**NUMBERS, "calls paid that nothing struck": unexcused}
    assert told(not_tried(seen, Recovery(kills, inside, [], []), numbers), said)


@pytest.mark.parametrize(("tried", "met", "said"), [(5, 0, "none of 5: freezes of worker-2"), (5, 1, ""), (4, 0, "")])
def test_each_sort_that_was_tried_often_met_something(tried: int, met: int, said: str) -> None:
    """Of a kind of fault, each target, deed and fault of the model's by itself."""
    plan = replace(PLAN, faults=(FREEZES,), capricious=False)
    strikes = [FROZEN, *(struck(FREEZES, "worker-2", 1, hit=number < met) for number in range(tried))]
    assert told(not_tried(witnesses(plan=plan, done=strikes), UNHURT, NUMBERS), said)


@pytest.mark.parametrize(("sealed", "said"), [(0, "no encrypted payload was seen"), (1, "")])
def test_an_encrypted_campaign_saw_something_encrypted(sealed: int, said: str) -> None:
    """Otherwise there was nothing to be read because nothing was there."""
    plan = replace(PLAN, faults=(), capricious=False, encrypted=True)
    assert told(not_tried(witnesses(plan=plan), UNHURT, {**NUMBERS, SEALED: sealed}), said)


def test_some_run_handed_over() -> None:
    """Otherwise no fault can have met the change from one run to the next."""
    seen = witnesses(plan=replace(PLAN, faults=(), capricious=False), generations=[generation()] * 100)
    assert told(not_tried(seen, UNHURT, {**NUMBERS, HANDED_OVER: 0}), "no run handed over")


def test_the_mirror_was_looked_at_while_something_ran() -> None:
    """Where everything has ended no count can be late."""
    ended = Convergence(1.0, [], [])
    assert told(not_tried(witnesses(convergence=ended), UNHURT, NUMBERS), "no generation ran when the mirror")


@pytest.mark.parametrize(("faults", "strikes"), [((FREEZES,), [FROZEN]), ((), [])])
def test_what_was_not_planned_need_not_be_tried(faults: Any, strikes: list[Done]) -> None:
    """No kills and no pauses where the plan has none."""
    plan = replace(PLAN, faults=faults, capricious=False)
    assert not_tried(witnesses(plan=plan, done=strikes, generations=[generation()]), UNHURT, NUMBERS) == []
