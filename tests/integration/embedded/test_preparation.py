"""What a part needs before it starts may be away: its first start says so, a later one waits."""

import time
from pathlib import Path

import pytest

from embedded import deaths
from embedded.errors import NotYetError, StackError
from embedded.part import Addresses
from embedded.stack import Stack
from tests.integration.embedded.helpers import eventually, kill, part_pid, restarted, settings_for, toy

AWAY = "the database is away; start it"


class Need:
    """What the part needs; asked for before each of its starts."""

    def __init__(self) -> None:
        self.is_there = True
        self.asked = 0

    def __call__(self, _: Addresses) -> None:
        """As `ExtraPart.prepare`."""
        self.asked += 1
        if not self.is_there:
            raise NotYetError(AWAY)


@pytest.fixture
def need() -> Need:
    """One that is there."""
    return Need()


def test_the_first_start_says_what_is_missing(home: Path, need: Need) -> None:
    """At once and in its own words, and nothing is left running."""
    need.is_there = False
    with pytest.raises(StackError) as caught:
        Stack(settings_for(home), extra_parts=[toy(prepare=need)]).start()
    assert (str(caught.value), need.asked) == (AWAY, 1)
    assert part_pid(home, "toy") is None


def test_a_part_that_died_waits_for_it(home: Path, need: Need, monkeypatch: pytest.MonkeyPatch) -> None:
    """For longer than any number of deaths would be put up with; told once, and no death of its own."""
    monkeypatch.setattr(deaths, "PAUSES", (0.05,))
    reports = list[str]()
    with Stack(settings_for(home), extra_parts=[toy(prepare=need)], report=reports.append) as stack:
        pid = part_pid(home, "toy") or 0
        need.is_there = False
        kill(pid)
        eventually(lambda: need.asked > 4, "asked again and again")
        stack.raise_if_failed()
        need.is_there = True
        restarted(home, "toy", pid)
    assert [report for report in reports if AWAY in report] == [f"toy waits to be started again: {AWAY}"]


def test_a_stack_that_waits_can_be_closed(home: Path, need: Need) -> None:
    """It does not wait for what may never come."""
    with Stack(settings_for(home), extra_parts=[toy(prepare=need)]):
        need.is_there = False
        kill(part_pid(home, "toy") or 0)
        eventually(lambda: need.asked > 2, "it waits")
    asked = need.asked
    time.sleep(1.5)
    assert need.asked == asked
