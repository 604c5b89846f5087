"""The client as a worker has it, and servers to speak to."""

import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from model.client import ModelClient
from tests.integration.model.asking import KEY, PRICES, TIMEOUT
from tests.support.demo import DemoModel


@pytest.fixture
async def client(demo: DemoModel) -> AsyncIterator[ModelClient]:
    """A client of the demo model, with prices so that costs show."""
    client = ModelClient(api_key=KEY, base_url=demo.url, timeout=TIMEOUT, prices=PRICES)
    yield client
    await client.close()


class StrangeServer:
    """Answers every call with the same bytes, whatever they are."""

    status: int = 200
    body: bytes = b"{}"
    content_type: str = "application/json"
    url: str = ""
    # What was asked last.
    asked: bytes = b""
    headers: dict[str, str]


@pytest.fixture
def strange_server() -> Iterator[StrangeServer]:
    """A small real HTTP server on a free port."""
    server = StrangeServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            server.asked = self.rfile.read(int(self.headers["Content-Length"]))
            server.headers = {name.lower(): value for name, value in self.headers.items()}
            self.send_response(server.status)
            self.send_header("Content-Type", server.content_type)
            self.send_header("Content-Length", str(len(server.body)))
            self.end_headers()
            self.wfile.write(server.body)

        def log_message(self, *_arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        server.url = f"http://127.0.0.1:{http.server_address[1]}/v1"
        yield server
        http.shutdown()
        thread.join()
