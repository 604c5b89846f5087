"""I4: what is over excuses no call that begins then, but for what was held up or had not been heard of."""

import pytest

from embedded.postgres import NAME as POSTGRES
from tests.chaos import calls
from tests.chaos.cluster import DEMO_MODEL, TEMPORAL
from tests.chaos.schedule import ACTIVITY_RESET, NETWORK, OPERATOR, OUTAGES, Strike
from tests.chaos.strikes import Done
from tests.support.proxy import Way
from tests.unit.chaos.evidence_of import ID, OTHER_ID, at, call, evidence, struck, told, took

NOTHING = "nothing struck worker-1"


def broken(way: Way, moment: float, *, worker: str = "worker-1") -> Done:
    """Eight seconds of a worker's way to the model."""
    details = {"seconds": 8, "way": way.value}
    return Done(Strike(0, NETWORK, f"{worker} to {DEMO_MODEL}", details), at(moment), hit=True)


def deed(name: str, moment: float, *, workflow_id: str = ID) -> Done:
    """What an operator did."""
    strike = Strike(0, OPERATOR, "a generation", {"deed": name})
    return Done(strike, at(moment), hit=True, details={"workflow_id": workflow_id})


@pytest.mark.parametrize(
    ("strikes", "said"),
    [
        # A new model loses nothing that it takes in.
        ([struck(OUTAGES, DEMO_MODEL, -8.9)], ""),
        ([struck(OUTAGES, DEMO_MODEL, -9.1)], NOTHING),
        # To stop the old one took its time.
        ([took(struck(OUTAGES, DEMO_MODEL, -9.1), 0.5)], ""),
        # A way that is open again has let go what it held, or has broken it.
        *(([broken(way, -8.9)], "") for way in (Way.SILENT, Way.REFUSING, Way.ONE_WAY)),
        *(([broken(way, -9.1)], NOTHING) for way in (Way.SILENT, Way.REFUSING, Way.ONE_WAY)),
        # It was open later than it was to be.
        ([took(broken(Way.SILENT, -9.1), 0.5)], ""),
        # What is on a slow way comes twice three seconds later.
        ([broken(Way.SLOW, -14.9)], ""),
        ([broken(Way.SLOW, -15.1)], NOTHING),
        ([broken(Way.SLOW, -14.9, worker="worker-2")], NOTHING),
    ],
)
def test_a_model_that_serves_again_loses_no_call(strikes: list[Done], said: str) -> None:
    """Paid from 0 to 1 by worker-1, which may be a second after it was sent, and by worker-2 from 10."""
    parts = evidence(lines=[call(0), call(10, worker="worker-2", try_=2)])
    assert told(calls.paid_twice_only_in_flight(parts, strikes), said)


@pytest.mark.parametrize(
    ("strikes", "said"),
    [
        ([deed(ACTIVITY_RESET, 0.5)], ""),
        ([deed(ACTIVITY_RESET, 3.1)], NOTHING),
        ([deed(ACTIVITY_RESET, 0.5, workflow_id=OTHER_ID)], NOTHING),
        # A try that is under way may just be to ask.
        ([deed(ACTIVITY_RESET, -1.9)], ""),
        ([deed(ACTIVITY_RESET, -2.1)], NOTHING),
        ([took(deed(ACTIVITY_RESET, -3.1), 1.5)], ""),
        # Or it is held up, until its worker hears with its next beat that it is to end.
        *(([deed(ACTIVITY_RESET, -5), struck(OUTAGES, away, -6, 2)], "") for away in (POSTGRES, TEMPORAL)),
        ([deed(ACTIVITY_RESET, -7.1), struck(OUTAGES, POSTGRES, -8, 2)], NOTHING),
        # Who ends a run has more than one try end with it.
        *(([deed(name, -6.9)], "") for name in ("terminate", "reset", "cancel")),
        *(([deed(name, -7.1)], NOTHING) for name in ("terminate", "reset", "cancel")),
    ],
)
def test_tries_that_begin_anew_drop_only_a_call_in_flight(strikes: list[Done], said: str) -> None:
    """The same calls."""
    parts = evidence(lines=[call(0), call(10, worker="worker-2", try_=2)])
    assert told(calls.paid_twice_only_in_flight(parts, strikes), said)
