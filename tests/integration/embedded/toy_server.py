"""A part for tests: an HTTP server on the port given; GET answers its pid and TOY, /die ends it."""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, text: str, *values: object) -> None:
        sys.stderr.write(f"GET {text % values}\n")
        sys.stderr.flush()

    def do_GET(self) -> None:
        if self.path == "/die":
            os._exit(3)
        body = json.dumps({"pid": os.getpid(), "toy": os.environ.get("TOY", "")}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(sys.argv[1])), _Handler).serve_forever()
