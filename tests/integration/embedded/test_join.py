"""Processes with one MCQ_HOME share one stack."""

from collections.abc import Callable
from pathlib import Path

from embedded import process
from embedded.stack import Stack
from tests.integration.embedded.helpers import (
    OtherUser,
    eventually,
    kill,
    lives,
    part_pid,
    restarted,
    settings_for,
    toy,
)


def test_second_process_uses_what_runs(home: Path, other_user: Callable[..., OtherUser]) -> None:
    """The second user gets the same addresses, at once, and its leaving stops nothing."""
    with Stack(settings_for(home), extra_parts=[toy("one"), toy("two")]) as stack:
        pids = {part: part_pid(home, part) for part in ("one", "two")}
        other = other_user(toys={"one": {}, "two": {}})
        assert other.ready["parts"] == stack.addresses.parts
        assert other.ready["seconds"] < 0.3
        other.tell("close")
        assert {part: part_pid(home, part) for part in pids} == pids
        assert all(lives(pid or 0) for pid in pids.values())
    assert process.find_marked(home) == []


def test_first_process_leaves_and_the_second_watches(home: Path, other_user: Callable[..., OtherUser]) -> None:
    """When the owner closes, the parts run on for the other user, which starts them again when they die."""
    first = other_user(toys={"toy": {}})
    with Stack(settings_for(home), extra_parts=[toy()]):
        pid = part_pid(home, "toy") or 0
        first.tell("close")
        assert lives(pid)
        kill(pid)
        after = restarted(home, "toy", pid)
        assert lives(after)
    assert not lives(after)


def test_many_start_at_once(home: Path, other_user: Callable[..., OtherUser]) -> None:
    """Of several processes that start at the same moment one starts each part, and all get the same addresses."""
    users = [other_user(wait=False, toys={"one": {}, "two": {}}) for _ in range(4)]
    ready = [user.answer("ready") for user in users]
    assert len({str(found["parts"]) for found in ready}) == 1
    assert len(process.find_marked(home)) == 2
    for user in users:
        user.tell("close")
    eventually(lambda: process.find_marked(home) == [], "the last one stopped the parts")


def test_parts_that_only_the_second_process_knows(home: Path, other_user: Callable[..., OtherUser]) -> None:
    """Each process brings its own extra parts; whoever is the last stops them all."""
    with Stack(settings_for(home), extra_parts=[toy("one")]):
        other = other_user(toys={"two": {}})
        two = part_pid(home, "two") or 0
        other.tell("close")
        assert lives(two)
    assert process.find_marked(home) == []
