"""A provider that talks too much: its failures repeat the key it was asked with, in every form that comes to mind."""

import base64
import json
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import httpx2


class Echo:
    """While `status` is 200 it hands calls on to the demo model; else it answers with that status, and the key."""

    def __init__(self, target: str) -> None:
        self.status = 200
        # The Authorization headers of all calls: the proof that the key was really in use.
        self.seen = set[str]()
        echo = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                echo.seen.add(self.headers["Authorization"])
                status, answer = echo.status, b""
                if status == 200:
                    headers = {name: self.headers[name] for name in ("X-Client-Request-Id", "Content-Type")}
                    answer = httpx2.post(f"{target}/chat/completions", content=body, headers=headers).content
                else:
                    answer = json.dumps(_refusal(self.headers["Authorization"])).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> Self:
        """Serve."""
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self._server.shutdown()
        self._thread.join(5)
        self._server.server_close()


def _refusal(authorization: str) -> dict[str, Any]:
    key = authorization.partition(" ")[2]
    message = f"Incorrect API key provided: {key}. Your request said {{'Authorization': '{authorization}'}}."
    return {"error": {"message": message, "type": key, "code": f"invalid_{key}", "param": authorization}}


def forms(secret: str) -> set[bytes]:
    """A secret as it is, quoted for a URL, and in Base64 at each of the three places where it can begin."""
    raw = secret.encode()
    # Without the signs at both ends that neighbours have a part in.
    shifted = (base64.b64encode(b"x" * shift + raw)[4 if shift else 0 : -4] for shift in range(3))
    return {raw, urllib.parse.quote(secret, safe="").encode(), *shifted}
