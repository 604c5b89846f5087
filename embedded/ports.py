"""Free TCP ports on 127.0.0.1, remembered by name in the stack's state."""

import random
import socket
import time
from collections.abc import Callable

from embedded.errors import StackError
from embedded.state import StateFile

HOST = "127.0.0.1"

# Below the range from which systems take the ports of outgoing connections (32768 on Linux, 49152 elsewhere): a
# remembered port from that range would be taken by some connection while the stack is down.
_RANGE = range(20000, 30000)

_WAIT = 2.0  # seconds for a port to come free: a part that was just killed needs a moment to close it
_POLL = 0.05


def is_free(port: int) -> bool:
    """Whether a server can listen on the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: connections of a server that just ended must not make its own port look taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def answers(port: int, host: str = HOST, timeout: float = 1.0) -> bool:
    """Whether something listens on the port; `timeout` in seconds."""
    try:
        with socket.create_connection((host, port), timeout=timeout):
            return True
    except OSError:
        return False


def claim(state: StateFile, names: tuple[str, ...], report: Callable[[str], None]) -> dict[str, int]:
    """The ports of these names: the remembered ones, or new ones where a foreign program listens on them by now."""
    remembered = state.read().ports
    taken = {name: port for name in names if (port := remembered.get(name)) is not None and not _comes_free(port)}
    if not taken and all(name in remembered for name in names):
        return {name: remembered[name] for name in names}
    with state.changing() as now:
        for name in names:
            if name in taken:
                report(f"port {taken[name]} ({name}) is used by another program; taking a new one")
            if name in taken or name not in now.ports:
                now.ports[name] = _new(set(now.ports.values()) | set(taken.values()))
        return {name: now.ports[name] for name in names}


def reserve(state: StateFile, names: tuple[str, ...]) -> None:
    """Choose ports for the names that have none yet, so that others can be told of them before they are used."""
    if all(name in state.read().ports for name in names):
        return
    with state.changing() as now:
        for name in names:
            if name not in now.ports:
                now.ports[name] = _new(set(now.ports.values()))


def _comes_free(port: int) -> bool:
    deadline = time.monotonic() + _WAIT
    while not is_free(port):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL)
    return True


def _new(used: set[int]) -> int:
    for port in random.sample(_RANGE, 1000):
        if port not in used and is_free(port):
            return port
    raise StackError(f"No free port on {HOST} between {_RANGE.start} and {_RANGE.stop}.")
