"""The worker's small HTTP server."""

import http.client
import socket
import threading

import pytest

from metrics.endpoint import EndpointError, MetricsEndpoint


def ask(port: int, path: str, method: str = "GET", host: str = "127.0.0.1") -> tuple[int, str, str]:
    """Status, content type and body."""
    connection = http.client.HTTPConnection(host, port, timeout=10)
    connection.request(method, path)
    response = connection.getresponse()
    body = response.read().decode()
    connection.close()
    return response.status, response.headers["Content-Type"], body


def test_metrics_are_served() -> None:
    """As Prometheus asks for them, with parameters or without."""
    with MetricsEndpoint("127.0.0.1:0", lambda: True) as endpoint:
        status, kind, body = ask(endpoint.port, "/metrics?x=1")
    assert status == 200 and kind.startswith("text/plain; version=0.0.4")
    assert "process_resident_memory_bytes" in body


def test_health_follows_the_worker() -> None:
    """200 while it takes work, 503 before and during its drain."""
    taking_work = threading.Event()
    with MetricsEndpoint("127.0.0.1:0", taking_work.is_set) as endpoint:
        assert ask(endpoint.port, "/healthz")[0] == 503
        taking_work.set()
        assert ask(endpoint.port, "/healthz")[0] == 200
        taking_work.clear()
        assert ask(endpoint.port, "/healthz")[0] == 503


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/", 404), ("HEAD", "/metrics", 200), ("POST", "/metrics", 501)]
)
def test_there_is_nothing_else(method: str, path: str, status: int) -> None:
    """Two paths, to be read; a HEAD has no body."""
    with MetricsEndpoint("127.0.0.1:0", lambda: True) as endpoint:
        answer = ask(endpoint.port, path, method)
    assert answer[0] == status
    assert method != "HEAD" or answer[2] == ""


def test_a_port_that_is_taken_is_told_in_one_line() -> None:
    """With the setting's name and the address, so that a person knows what to change."""
    with MetricsEndpoint("127.0.0.1:0", lambda: True) as endpoint:
        address = f"127.0.0.1:{endpoint.port}"
        with pytest.raises(EndpointError) as caught:
            MetricsEndpoint(address, lambda: True)
    message = str(caught.value)
    assert "WORKER_METRICS_ADDRESS" in message and address in message and "in use" in message
    assert "\n" not in message


@pytest.mark.parametrize("address", ["127.0.0.1:99999", "no-such-host.invalid:9464", "192.0.2.1:9464"])
def test_an_address_that_cannot_be_is_told_too(address: str) -> None:
    """A port beyond the last, a name that nobody knows, an address of another machine."""
    with pytest.raises(EndpointError, match=r"cannot be served: .+; choose another"):
        MetricsEndpoint(address, lambda: True)


def test_the_port_is_free_after_the_end() -> None:
    """A worker that is started again at once gets it, although old connections linger."""
    with MetricsEndpoint("127.0.0.1:0", lambda: True) as endpoint:
        port = endpoint.port
        ask(port, "/metrics")
    with MetricsEndpoint(f"127.0.0.1:{port}", lambda: True):
        assert ask(port, "/healthz")[0] == 200


def test_a_silent_client_keeps_nobody_waiting() -> None:
    """A connection that says nothing holds up neither a scrape nor the end."""
    with (
        MetricsEndpoint("127.0.0.1:0", lambda: True) as endpoint,
        socket.create_connection(("127.0.0.1", endpoint.port)),
    ):
        assert ask(endpoint.port, "/healthz")[0] == 200


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_an_address_of_ipv6_stands_in_brackets() -> None:
    """As in a URL."""
    with MetricsEndpoint("[::1]:0", lambda: True) as endpoint:
        assert ask(endpoint.port, "/healthz", host="::1")[0] == 200
