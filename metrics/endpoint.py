"""The worker's small HTTP server: `/metrics` for Prometheus, `/healthz` for a supervisor.

It runs in a thread of its own, so that it answers while the event loop is busy.
"""

import socket
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from types import TracebackType
from typing import Any, Self

from metrics.exposition import CONTENT_TYPE, render

# Seconds that a client may take for its few lines; one that says nothing would hold a thread for ever.
_CLIENT_TIMEOUT = 5.0
# Seconds between looks whether to stop.
_POLL = 0.1
_TEXT = "text/plain; charset=utf-8"


class EndpointError(OSError):
    """The address cannot be served; the text says which and why."""


class MetricsEndpoint:
    """Serves while it is entered. `is_ready` decides what `/healthz` says."""

    def __init__(self, address: str, is_ready: Callable[[], bool]) -> None:
        host, _, port = address.rpartition(":")
        try:
            self._server = _server(host.strip("[]"), int(port), is_ready)
        except (OSError, OverflowError) as error:  # a port beyond 65535 overflows
            why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            refusal = EndpointError(f"WORKER_METRICS_ADDRESS: {address} cannot be served: {why}; choose another")
            refusal.errno = getattr(error, "errno", None)
            raise refusal from None
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL,), name="metrics-endpoint", daemon=True
        )

    @property
    def port(self) -> int:
        """The port, which the system chose when 0 was asked for."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def _server(host: str, port: int, is_ready: Callable[[], bool]) -> ThreadingTCPServer:
    family, _, _, _, (numeric, *_) = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]

    class Server(ThreadingTCPServer):
        address_family = family
        allow_reuse_address = True  # a worker that is started again must not wait for old connections
        daemon_threads = True
        block_on_close = False

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that went away is no event."""

    class Handler(_Handler):
        ready = staticmethod(is_ready)

    return Server((str(numeric), port), Handler)


class _Handler(BaseHTTPRequestHandler):
    server_version = "mcq"
    sys_version = ""
    timeout = _CLIENT_TIMEOUT

    @staticmethod
    def ready() -> bool:
        raise NotImplementedError

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/metrics":
            self._answer(HTTPStatus.OK, CONTENT_TYPE, render())
        elif path == "/healthz":
            ready = self.ready()
            status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
            self._answer(status, _TEXT, b"ok\n" if ready else b"not taking work\n")
        else:
            self._answer(HTTPStatus.NOT_FOUND, _TEXT, b"there is /metrics and /healthz\n")

    do_HEAD = do_GET  # noqa: N815 - the library's name

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """A scrape every few seconds is no event."""

    def _answer(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
