"""What is written of a campaign: JSON that has everything, a page for people, a picture."""

import json
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from tests.chaos.campaign import Result
from tests.chaos.picture import draw
from tests.chaos.plan import Plan
from tests.chaos.report import MOST, as_json, as_text
from tests.chaos.schedule import KILLS, OUTAGES
from tests.chaos.strikes import standstill
from tests.chaos.verdict import BROKEN_OFF
from tests.unit.chaos.evidence_of import BEGINNING, at, kill

PLAN = Plan(7, 2, 3, kills=4, seconds=60, faults=(KILLS,))
STRIKES = [kill("worker-1", 61.24), kill("worker-2", 5, hit=False), standstill(at(100))]
FIGURES = {"questions": 6, "answered after a kill, seconds": {"p50": 1.25, "max": None}, "share": 0.333}


def _result(**changes: Any) -> Result:
    fields = {
        "plan": PLAN,
        "revision": "abc1234",
        "began": BEGINNING,
        "seconds": 125.3,
        "offences": {"I1": [], "I2": [f"lost {number}" for number in range(MOST + 2)]},
        "figures": FIGURES,
        "timeline": [done.told(BEGINNING) for done in STRIKES],
        "progress": [(1.0, 0), (59.0, 2), (61.0, 3), (110.0, 6)],
        **changes,
    }
    return Result(**fields)


BROKE_OFF = _result(offences={BROKEN_OFF: ["Traceback: no room"]}, figures={}, timeline=[], progress=[])


def test_the_json_has_everything() -> None:
    """And can be read again."""
    read = json.loads(as_json(_result()))
    assert (read["verdict"], read["holds"]) == ("AN INVARIANT IS BROKEN", False)
    assert read["plan"]["seed"] == 7
    assert read["figures"] == FIGURES
    assert len(read["offences"]["I2"]) == MOST + 2
    assert read["revision"] == "abc1234"
    struck, missed, by_itself = read["timeline"]
    assert (struck["at"], struck["hit"], struck["worker"]) == (61.2, True, "worker-1")
    assert (missed["at"], missed["hit"]) == (5.0, False)
    # It began 45 s before it was noticed, and not before the campaign.
    assert (by_itself["at"], by_itself["kind"], by_itself["target"]) == (55.0, OUTAGES, "temporal")


def test_nothing_strikes_before_the_beginning() -> None:
    """A standstill that was noticed early began with the campaign."""
    assert standstill(at(10)).told(BEGINNING)["at"] == 0.0


def test_the_page() -> None:
    """Verdict, plan, figures, offences up to some, what struck in which minute."""
    page = as_text(_result())
    assert page.startswith("# Chaos, seed 7: AN INVARIANT IS BROKEN\n")
    assert "| answered after a kill, seconds | p50 1.2, max None |" in page
    assert "| I1 | 0 |\n| I2 | 12 |" in page
    assert "- lost 9\n- and 2 more\n" in page and "lost 10" not in page
    assert "| minute | questions completed by its end | kills | outages |" in page
    assert "| 0 | 2 | 0 | 1 |\n| 1 | 6 | 1 | 0 |" in page


@pytest.mark.parametrize("result", [_result(), BROKE_OFF], ids=["played", "broke off"])
def test_the_picture(result: Result) -> None:
    """An SVG with a mark for each strike that struck, and the curve."""
    picture = ET.fromstring(draw(result))  # noqa: S314 - our own
    assert picture.tag.endswith("svg")
    texts = " ".join(part.text or "" for part in picture.iter())
    assert ("kills" in texts) is bool(result.timeline)


def test_what_broke_off_is_told_all_the_same() -> None:
    """With why, and without figures."""
    page = as_text(BROKE_OFF)
    assert page.startswith("# Chaos, seed 7: THE CAMPAIGN ITSELF BROKE OFF\n")
    assert f"## {BROKEN_OFF}\n\n- Traceback: no room\n" in page
    assert json.loads(as_json(BROKE_OFF))["figures"] == {}
