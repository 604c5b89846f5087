"""A minute of faults against the whole stack, the same in every run; `make chaos` runs longer ones."""

import shutil
import tempfile
from pathlib import Path

import pytest

from tests.chaos.campaign import run
from tests.chaos.plan import Plan
from tests.chaos.report import as_text
from tests.chaos.schedule import ALL, KILLS
from tests.chaos.verdict import HOLDS

PLAN = Plan(
    # One that has PostgreSQL and Temporal away, broken ways of workers, each of an operator's deeds, and teachers who
    # pause, are in a hurry, and take a cancel back.
    seed=9653,
    generations=16,
    questions=8,
    kills=25,
    seconds=50,
    faults=ALL,
    at_once=16,
    latency="1-2",
    # So short a campaign on a busy machine strikes fewer calls than the long ones must.
    least_inside=0.2,
    # Given up before the test's own time-out, so that there is a report.
    longest=200.0,
)
# Where only workers die the judge excuses nothing else.
KILLS_ALONE = Plan(
    seed=1,
    generations=12,
    # So many that a pause finds something to hold on a fast machine too.
    questions=12,
    kills=18,
    seconds=30,
    faults=(KILLS,),
    at_once=12,
    least_inside=0.2,
    longest=200.0,
)


@pytest.fixture
def folder() -> Path:
    """One that PostgreSQL's system user can pass. It is kept when the test fails."""
    folder = Path(tempfile.mkdtemp(prefix="mcq-chaos-"))
    folder.chmod(0o711)
    return folder


async def test_every_invariant_holds_through_half_a_minute_of_kills(folder: Path) -> None:
    """And nothing stops, dies, or is paid twice but for a kill. How soon all is well again no test asserts."""
    result = await run(KILLS_ALONE, folder)
    assert result.verdict.startswith(HOLDS), f"{as_text(result)}\nlogs and data are kept in {folder}"
    shutil.rmtree(folder)


async def test_every_invariant_holds_through_a_minute_of_faults(folder: Path) -> None:
    """Nothing lost, nothing twice, nothing stuck, no completed step paid again, the mirror true again."""
    result = await run(PLAN, folder)
    assert result.holds, f"{as_text(result)}\nlogs and data are kept in {folder}"
    assert result.figures["lost"] == 0
    for tried in ("pauses resumed at once", "runs that handed over to the next"):
        assert result.figures[tried], f"{tried}: none"
    shutil.rmtree(folder)
