"""A report says whether an invariant is broken, nothing is, or too little was tried to say."""

from datetime import UTC, datetime

import pytest

from tests.chaos.campaign import HOLDS, NOT_VACUOUS, Plan, Result

PLAN = Plan(1, 2, 3, kills=4, seconds=60, faults=())


@pytest.mark.parametrize(
    ("broken", "vacuous", "verdict"),
    [
        ([], [], HOLDS),
        (["lost"], [], "AN INVARIANT IS BROKEN"),
        (["lost"], ["no kill"], "AN INVARIANT IS BROKEN"),
        ([], ["no kill"], "TOO LITTLE WAS TRIED TO SAY"),
    ],
)
def test_the_verdict(broken: list[str], vacuous: list[str], verdict: str) -> None:
    """Only the first of them is a success."""
    result = Result(PLAN, datetime.now(UTC), 1.0, {"I1": broken, NOT_VACUOUS: vacuous}, {})
    assert result.verdict == verdict
    assert result.holds is (verdict == HOLDS)
