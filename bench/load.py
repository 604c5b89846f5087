"""An open-loop HTTP load generator: requests leave at their time, whether earlier ones were answered or not.

Latency counts from the moment at which a request was due, so that a server that stalls is not flattered by a client
that waits with it ("coordinated omission").
"""

import asyncio
import ipaddress
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

HOST = "127.0.0.1"


@dataclass
class Result:
    """Latencies are milliseconds, of answered requests; `statuses` counts answers by HTTP status."""

    offered: int = 0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    broken: int = 0

    def percentile(self, percent: float) -> float:
        """The latency that `percent` of the answers did not exceed."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else float("nan")


class _Connection(asyncio.Protocol):
    """One keep-alive connection: a request at a time, answers with a Content-Length (or none, as 304 and 204 have)."""

    def __init__(self, result: Result, idle: "deque[_Connection]", backlog: "deque[tuple[float, bytes]]") -> None:
        self._result, self._idle, self._backlog = result, idle, backlog
        self._loop = asyncio.get_running_loop()
        self._buffer = b""
        self._due = 0.0
        self._busy = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._idle.append(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._busy:
            self._result.broken += 1

    def send(self, due: float, request: bytes) -> None:
        if self._transport is None:
            self._result.broken += 1
            return
        self._due, self._busy = due, True
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head_end = self._buffer.find(b"\r\n\r\n")
        if head_end < 0:
            return
        head = self._buffer[:head_end].lower()
        place = head.find(b"content-length:")
        length = int(head[place + 15 :].split(b"\r\n", 1)[0]) if place >= 0 else 0
        if len(self._buffer) < head_end + 4 + length:
            return
        self._result.statuses[int(self._buffer[9:12])] += 1
        self._result.latencies.append((self._loop.time() - self._due) * 1000)
        self._buffer, self._busy = b"", False
        if self._backlog:
            self.send(*self._backlog.popleft())
        else:
            self._idle.append(self)


async def load(requests: Sequence[bytes], *, port: int, rate: float, seconds: float, connections: int) -> Result:
    """Send `requests` in turn at `rate` a second for `seconds` to a server on this machine."""
    assert ipaddress.ip_address(HOST).is_loopback  # noqa: S101 - never at anybody else
    loop = asyncio.get_running_loop()
    result, idle, backlog = Result(), deque[_Connection](), deque[tuple[float, bytes]]()
    made = [
        (await loop.create_connection(lambda: _Connection(result, idle, backlog), HOST, port))[0]
        for _ in range(connections)
    ]
    start, total = loop.time(), int(rate * seconds)
    while result.offered < total:
        due = start + result.offered / rate
        if (wait := due - loop.time()) > 0:
            await asyncio.sleep(wait)
        request = requests[result.offered % len(requests)]
        result.offered += 1
        if idle:
            idle.popleft().send(due, request)
        else:
            backlog.append((due, request))
    give_up = loop.time() + 10
    while len(result.latencies) + result.broken < total and loop.time() < give_up:
        await asyncio.sleep(0.01)  # answers arrive in callbacks
    for transport in made:
        transport.close()
    return result


def get(path: str, **headers: str) -> bytes:
    """A GET request on the wire."""
    lines = [f"GET {path} HTTP/1.1", f"Host: {HOST}", *(f"{k.replace('_', '-')}: {v}" for k, v in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def post(path: str, body: bytes, **headers: str) -> bytes:
    """A POST request with a JSON body on the wire."""
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {HOST}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *(f"{k.replace('_', '-')}: {v}" for k, v in headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body
