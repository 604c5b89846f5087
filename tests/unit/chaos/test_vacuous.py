"""A campaign that did not try what its plan says has proved nothing, and is told so."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.chaos.campaign import Plan, _vacuous
from tests.chaos.recovery import Recovery
from tests.chaos.schedule import FREEZES, KILLS
from tests.chaos.strikes import Done
from tests.chaos.teachers import Generation, Teachers
from tests.unit.chaos.evidence_of import at, generation, kill, struck, told

HELD = generation(pauses=[(at(10), at(20))])
FOUR = [kill("worker-1", moment) for moment in range(4)]
FROZEN = struck(FREEZES, "worker-1", 1)


@pytest.mark.parametrize(
    ("strikes", "inside", "judged", "generations", "said"),
    [
        ([*FOUR, FROZEN], 1, 10, [generation(), HELD], ""),
        (FOUR, 1, 10, [HELD], "no freezes struck anything"),
        ([*FOUR, struck(FREEZES, "worker-1", 1, hit=False)], 1, 10, [HELD], "no freezes struck anything"),
        ([*FOUR[:3], FROZEN], 1, 10, [HELD], "only 3 of 4 kills found a worker"),
        ([*FOUR[:3], kill("worker-1", 4, hit=False), FROZEN], 1, 10, [HELD], "only 3 of 4 kills found a worker"),
        ([*FOUR, FROZEN], 0, 10, [HELD], "only 0 of 4 kills struck a call"),
        ([*FOUR, FROZEN], 1, 9, [HELD], "only 9 of 100 paid calls would have been an offence"),
        ([*FOUR, FROZEN], 1, 10, [generation()], "no pause was held"),
        ([*FOUR, FROZEN], 1, 10, [generation(lapsed=[(at(1), at(2))])], "no pause was held"),
    ],
)
def test_what_was_not_tried_is_told(
    strikes: list[Done], inside: int, judged: int, generations: list[Generation], said: str
) -> None:
    """Each reason once."""
    plan = Plan(1, 2, 3, kills=4, seconds=60, faults=(KILLS, FREEZES), least_inside=0.25)
    kills = sum(done.hit and done.strike.kind == KILLS for done in strikes)
    offences = _vacuous(plan, strikes, Recovery(kills, inside, [], []), _teachers(generations), _numbers(judged))
    assert told(offences, said)


@pytest.mark.parametrize(("tried", "met", "said"), [(5, 0, "none of 5: freezes of worker-2"), (5, 1, ""), (4, 0, "")])
def test_each_sort_that_was_tried_often_met_something(tried: int, met: int, said: str) -> None:
    """Of a kind of fault, each target, deed and fault of the model's by itself."""
    plan = Plan(1, 2, 3, kills=4, seconds=60, faults=(FREEZES,), capricious=False)
    strikes = [FROZEN, *(struck(FREEZES, "worker-2", 1, hit=number < met) for number in range(tried))]
    assert told(_vacuous(plan, strikes, Recovery(0, 0, [], []), _teachers([generation()]), _numbers(100)), said)


def test_an_encrypted_campaign_saw_something_encrypted() -> None:
    """Otherwise there was nothing to be read because nothing was there."""
    plan = Plan(1, 2, 3, kills=4, seconds=60, faults=(), capricious=False, encrypted=True)
    numbers = _numbers(100)
    assert told(_vacuous(plan, [], Recovery(0, 0, [], []), _teachers([]), numbers), "no encrypted payload")
    numbers["payloads that Temporal keeps encrypted"] = 1
    assert _vacuous(plan, [], Recovery(0, 0, [], []), _teachers([]), numbers) == []


@pytest.mark.parametrize(
    ("changes", "strikes"),
    [({"capricious": False, "faults": (FREEZES,)}, [FROZEN]), ({"capricious": False, "faults": ()}, [])],
)
def test_what_was_not_planned_need_not_be_tried(changes: dict[str, Any], strikes: list[Done]) -> None:
    """No kills and no pauses where the plan has none."""
    plan = Plan(1, 2, 3, kills=4, seconds=60, **changes)
    assert _vacuous(plan, strikes, Recovery(0, 0, [], []), _teachers([generation()]), _numbers(100)) == []


def _numbers(judged: int) -> dict[str, Any]:
    sealed = {"payloads that Temporal keeps encrypted": 0}
    return {"calls paid": 100, "calls paid that nothing struck": judged, **sealed}


def _teachers(generations: list[Generation]) -> Teachers:
    return cast("Teachers", SimpleNamespace(generations=generations))
