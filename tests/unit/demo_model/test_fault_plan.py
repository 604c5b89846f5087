import pytest

from demo_model.faults import Fault, InvalidFaultsError, Plan

DIGEST = "0" * 64


def test_the_draw_repeats_and_follows_the_shares() -> None:
    """The same seed, id and body draw the same; over many ids the shares come out."""
    plan = Plan.parse("seed=7, server_error=0.2, malformed=0.1, retry_after=3")
    drawn = [plan.draw(f"wf/{number}/draft/1/1", DIGEST) for number in range(4000)]
    assert drawn == [plan.draw(f"wf/{number}/draft/1/1", DIGEST) for number in range(4000)]
    faults = [strike.fault if strike else None for strike in drawn]
    assert 0.17 < faults.count(Fault.SERVER_ERROR) / 4000 < 0.23
    assert 0.08 < faults.count(Fault.MALFORMED) / 4000 < 0.12
    assert {strike.retry_after for strike in drawn if strike} == {3.0}


def test_seed_request_id_and_body_each_change_the_draw() -> None:
    """A retry with a new id draws anew: no request is doomed."""
    ids = [f"wf/0/draft/1/{attempt}" for attempt in range(200)]
    seven, eight = Plan.parse("seed=7,drop=0.5"), Plan.parse("seed=8,drop=0.5")
    base = [seven.draw(one, DIGEST) is None for one in ids]
    assert True in base and False in base
    assert base != [eight.draw(one, DIGEST) is None for one in ids]
    assert base != [seven.draw(one, "1" * 64) is None for one in ids]


def test_no_plan_is_no_faults() -> None:
    """The empty setting never strikes."""
    assert Plan.parse("").draw("x", DIGEST) is None


@pytest.mark.parametrize(
    "text", ["drop", "drop=often", "drop=1.5", "drop=-1", "drop=nan", "quake=0.1", "drop=0.6,cut=0.6", "retry_after=x"]
)
def test_a_plan_that_cannot_be_understood_says_so(text: str) -> None:
    """Every mistake is one error that names it."""
    with pytest.raises(InvalidFaultsError):
        Plan.parse(text)
