"""Ports are remembered, and changed only when somebody else took them."""

import os
import signal
import socket
import urllib.request
from pathlib import Path

import pytest

from embedded import deaths
from embedded.part import Addresses, ExtraPart, Launch
from embedded.stack import Stack
from tests.integration.embedded.helpers import eventually, part_pid, restarted, settings_for, toy


def _get(address: str) -> str:
    with urllib.request.urlopen(f"http://{address}/", timeout=5) as answer:  # our own address
        return str(answer.read().decode())


def _bound(squatter: socket.socket, host: str, port: int) -> bool:
    try:
        squatter.bind((host, port))
    except OSError:
        return False
    return True


def test_taken_port_is_replaced(home: Path) -> None:
    """A remembered port on which a foreign program listens by now is given up, reported, and the new one remembered."""
    with Stack(settings_for(home), extra_parts=[toy()]) as stack:
        before = stack.addresses.parts["toy"]
    reports: list[str] = []
    with (
        socket.create_server(("127.0.0.1", int(before.split(":")[1]))),
        Stack(settings_for(home), extra_parts=[toy()], report=reports.append) as stack,
    ):
        after = stack.addresses.parts["toy"]
        assert "pid" in _get(after)
    assert after != before
    assert any("used by another program" in report for report in reports)
    with Stack(settings_for(home), extra_parts=[toy()]) as stack:
        assert stack.addresses.parts["toy"] == after


def test_part_gets_the_addresses_of_the_parts_before_it(home: Path) -> None:
    """A command builder is called with every address so far, so that one part can be pointed at another."""

    def build(addresses: Addresses, port: int | None) -> Launch:
        environment = {"TOY": f"{addresses.temporal_address} {addresses.parts['first']}"}
        return Launch(toy().build(addresses, port).command, environment)

    second = ExtraPart("second", build, port=True, ready="/")
    with Stack(settings_for(home), extra_parts=[toy("first", wait=False), second]) as stack:
        parts = stack.addresses.parts
        assert f"{stack.addresses.temporal_address} {parts['first']}" in _get(parts["second"])


def test_dependent_part_follows_a_changed_address(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a part comes back at another port, a part that was given its address is started again with the new one."""

    monkeypatch.setattr(deaths, "PAUSES", (1.5,))  # time for another program to take the port

    def build(addresses: Addresses, port: int | None) -> Launch:
        return Launch(toy().build(addresses, port).command, {"TOY": addresses.parts["first"]})

    with Stack(
        settings_for(home), extra_parts=[toy("first"), ExtraPart("second", build, port=True, ready="/")]
    ) as stack:
        first, second = part_pid(home, "first") or 0, part_pid(home, "second") or 0
        host, port = stack.addresses.parts["first"].split(":")
        squatter = socket.socket()
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # past the closed connections of the part
        os.kill(first, signal.SIGKILL)
        eventually(lambda: _bound(squatter, host, int(port)), "the port came free")  # before the part is back
        squatter.listen()
        with squatter:
            restarted(home, "first", first)
            restarted(home, "second", second)
            assert stack.addresses.parts["first"] in _get(stack.addresses.parts["second"])
