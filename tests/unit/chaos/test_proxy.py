"""The proxy breaks a way as it says: what both ends of a connection see of each kind."""

import socket
import time
from collections.abc import Iterator

import pytest

from tests.support.proxy import Proxy, Way

WORD, ANSWER = b"question", b"answer"
# Seconds: of the slow way; in which something arrives on one that is open; in which nothing has come.
DELAY, SOON, STILL = 0.5, 5.0, 0.3


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """The far end."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(SOON)
        yield listening


@pytest.fixture
def proxy(listener: socket.socket) -> Iterator[Proxy]:
    """The way to it."""
    with Proxy(f"127.0.0.1:{listener.getsockname()[1]}") as between:
        yield between


@pytest.fixture
def ends(proxy: Proxy, listener: socket.socket) -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a connection through it over which something has gone in either direction."""
    with _connect(proxy) as near, listener.accept()[0] as far:
        far.settimeout(SOON)
        for one, other in ((near, far), (far, near)):
            one.sendall(WORD)
            assert other.recv(100) == WORD
        yield near, far


def _connect(proxy: Proxy) -> socket.socket:
    host, _, port = proxy.address.rpartition(":")
    return socket.create_connection((host, int(port)), SOON)


def _nothing_comes(end: socket.socket) -> bool:
    end.settimeout(STILL)
    try:
        end.recv(100)
    except TimeoutError:
        return True
    finally:
        end.settimeout(SOON)
    return False


def test_refusing(proxy: Proxy, ends: tuple[socket.socket, socket.socket]) -> None:
    """Both ends are told by an error, not by an end, and nobody gets in until it is open again."""
    proxy.turn(Way.REFUSING)
    for end in ends:
        with pytest.raises(ConnectionResetError):
            end.recv(100)
    with pytest.raises(ConnectionRefusedError):
        _connect(proxy)
    assert proxy.struck == len(ends)
    proxy.turn(Way.OPEN)
    _connect(proxy).close()


def test_slow(proxy: Proxy, ends: tuple[socket.socket, socket.socket]) -> None:
    """What the client sends comes late and whole; answers are as fast as ever."""
    near, far = ends
    proxy.turn(Way.SLOW, DELAY)
    far.sendall(ANSWER)
    assert near.recv(100) == ANSWER and proxy.struck == 0
    sent = time.monotonic()
    near.sendall(WORD)
    assert far.recv(100) == WORD and proxy.struck == 1
    assert time.monotonic() - sent >= DELAY


def test_silent(proxy: Proxy, ends: tuple[socket.socket, socket.socket]) -> None:
    """Nothing comes in either direction, nothing breaks, and all of it comes when the way is open."""
    near, far = ends
    proxy.turn(Way.SILENT)
    near.sendall(WORD)
    far.sendall(ANSWER)
    assert _nothing_comes(far) and _nothing_comes(near)
    proxy.turn(Way.OPEN)
    assert (far.recv(100), near.recv(100)) == (WORD, ANSWER)
    assert proxy.struck == 2


def test_one_way(proxy: Proxy, ends: tuple[socket.socket, socket.socket]) -> None:
    """The request comes, its answer is lost, and with it the connection as soon as the way is open."""
    near, far = ends
    proxy.turn(Way.ONE_WAY)
    near.sendall(WORD)
    assert far.recv(100) == WORD
    far.sendall(ANSWER)
    assert _nothing_comes(near)
    proxy.turn(Way.OPEN)
    for end in ends:
        with pytest.raises(ConnectionResetError):
            end.recv(100)
