"""A process that asks for another command or environment than a part runs with gets it, or is told why not."""

import json
import urllib.request
from collections.abc import Callable
from pathlib import Path

from embedded.stack import Stack
from tests.integration.embedded.helpers import OtherUser, part_pid, settings_for, toy

SECRET = "canary-4711-key"


def _toy_value(stack: Stack) -> str:
    with urllib.request.urlopen(f"http://{stack.addresses.parts['toy']}/", timeout=5) as answer:  # ours
        return str(json.load(answer)["toy"])


def test_part_of_a_gone_owner_is_started_again(home: Path, other_user: Callable[..., OtherUser]) -> None:
    """When nobody else uses the stack, the part that still runs is replaced by what is asked for."""
    other_user(toys={"toy": {}}).tell("leave")
    pid = part_pid(home, "toy")
    reports: list[str] = []
    with Stack(settings_for(home), extra_parts=[toy(environment={"TOY": SECRET})], report=reports.append) as stack:
        assert part_pid(home, "toy") != pid
        assert _toy_value(stack) == SECRET
    assert "toy: its command or environment changed, starting it again" in reports


def test_same_definition_is_adopted(home: Path, other_user: Callable[..., OtherUser]) -> None:
    """The same command and environment is the same part."""
    other_user(toys={"toy": {"TOY": SECRET}}).tell("leave")
    pid = part_pid(home, "toy")
    with Stack(settings_for(home), extra_parts=[toy(environment={"TOY": SECRET})]):
        assert part_pid(home, "toy") == pid


def test_part_in_use_keeps_what_it_has(home: Path, other_user: Callable[..., OtherUser]) -> None:
    """While another process uses the part it isn't touched; the second one is told, with who keeps it."""
    owner = other_user(toys={"toy": {"TOY": "old"}})
    reports: list[str] = []
    with Stack(settings_for(home), extra_parts=[toy(environment={"TOY": SECRET})], report=reports.append) as stack:
        assert _toy_value(stack) == "old"
    (told,) = [report for report in reports if "runs with another command or environment" in report]
    assert f"process {owner.process.pid}" in told


def test_no_file_holds_the_environment(home: Path) -> None:
    """Of a part's environment only a hash is written down."""
    with Stack(settings_for(home), extra_parts=[toy(environment={"TOY": SECRET})]):
        for path in home.rglob("*"):
            assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path
