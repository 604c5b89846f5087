"""A campaign's strikes: a pure function of the seed that holds what was asked for."""

from itertools import pairwise

import pytest

from tests.chaos.cluster import API, DEMO_MODEL, POSTGRES, TEMPORAL, names_of_workers
from tests.chaos.schedule import (
    ALL,
    KILLS,
    LEAST_BETWEEN_KILLS,
    MAY_BE_AWAY,
    NETWORK,
    OUTAGES,
    Strike,
    schedule,
)

WORKERS = names_of_workers(3)
# What `make chaos` does when it is told nothing.
MANY, LONG = 1000, 1500.0


def _kills(seed: int, kills: int, seconds: float) -> list[Strike]:
    return schedule(seed, [KILLS], WORKERS, kills=kills, seconds=seconds)


@pytest.mark.parametrize("seed", range(200))
def test_every_kill_has_its_moment(seed: int) -> None:
    """Exactly as many as asked for, in order, the last one at the end, and each worker has its share."""
    kills = _kills(seed, MANY, LONG)
    moments = [strike.at for strike in kills]
    assert len(kills) == MANY
    assert moments == sorted(moments) and moments[0] > 0
    assert moments[-1] == pytest.approx(LONG)
    assert {strike.target for strike in kills} == set(WORKERS)


@pytest.mark.parametrize("seed", range(20))
def test_kills_come_as_failures_do(seed: int) -> None:
    """From half a second to several times the mean apart, as many of them sooner than the mean as memory-less ones."""
    moments = [0.0, *(strike.at for strike in _kills(seed, MANY, LONG))]
    gaps = [later - sooner for sooner, later in pairwise(moments)]
    assert min(gaps) >= LEAST_BETWEEN_KILLS - 1e-9 and max(gaps) > 5
    assert 0.57 < sum(gap < LONG / MANY for gap in gaps) / MANY < 0.69


def test_kills_are_spread_over_more_time_than_they_need() -> None:
    """Few kills in a long time are far apart, and as many."""
    kills = _kills(1, 10, LONG)
    assert len(kills) == 10 and kills[-1].at == pytest.approx(LONG)


def test_kills_that_are_too_close_are_refused() -> None:
    """With what to do about it; as close as the bound is close enough."""
    seconds = LEAST_BETWEEN_KILLS * MANY
    assert len(_kills(1, MANY, seconds)) == MANY
    with pytest.raises(ValueError, match=r"at least 8\.3 minutes, or at most 998 kills"):
        _kills(1, MANY, seconds - 1)


def test_without_kills_their_number_is_nobodys_concern() -> None:
    """A schedule of other kinds is not refused for kills that it does not hold."""
    assert schedule(1, [NETWORK], WORKERS, kills=MANY, seconds=30)


def test_the_same_seed_gives_the_same_strikes() -> None:
    """And another one others; a kind's strikes do not hang on which other kinds there are."""
    once = schedule(7, ALL, WORKERS, kills=50, seconds=300)
    assert once == schedule(7, ALL, WORKERS, kills=50, seconds=300)
    assert once != schedule(8, ALL, WORKERS, kills=50, seconds=300)
    assert [strike for strike in once if strike.kind == KILLS] == _kills(7, 50, 300)


def test_each_worker_has_broken_ways_of_its_own() -> None:
    """To each end, some of them longer than its heartbeat time-out; those of the API are never broken for so long."""
    strikes = schedule(1, [NETWORK], WORKERS, kills=0, seconds=40_000)
    of_workers = {f"{name} to {target}" for name in WORKERS for target in (POSTGRES, TEMPORAL, DEMO_MODEL)}
    of_the_api = {f"{API} to {target}" for target in (POSTGRES, TEMPORAL)}
    assert {strike.target for strike in strikes} == of_workers | of_the_api
    assert {strike.target for strike in strikes if strike.details["seconds"] == 30} == of_workers


@pytest.mark.parametrize("servers", [(POSTGRES,), (POSTGRES, TEMPORAL), MAY_BE_AWAY])
def test_outages_strike_whom_they_are_to(servers: tuple[str, ...]) -> None:
    """Each of the servers named and nobody else, as often as before."""
    strikes = schedule(1, [OUTAGES], WORKERS, kills=0, seconds=4_000, outages_of=servers)
    assert {strike.target for strike in strikes} == set(servers)
    gaps = [later.at - sooner.at for sooner, later in pairwise(strikes)]
    assert min(gaps) >= 5 and max(gaps) <= 40
