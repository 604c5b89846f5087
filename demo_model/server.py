"""Runs the demo model as a process of its own, on this machine only unless told otherwise."""

import socket
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import uvicorn

from demo_model.app import create_app
from demo_model.connection import OpenProtocol

# A stalled call must not hold up a shutdown for longer than this.
GRACE_SECONDS = 3


class _Server(uvicorn.Server):
    """Ends with exit code 0 on SIGTERM: uvicorn would raise the signal again after its graceful shutdown."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Finish what is under way and stop; a second signal stops at once."""
        self.force_exit = self.should_exit
        self.should_exit = True


def serve(
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    ledger_path: Path,
    latency: str = "0",
    faults: str = "",
    announce: Callable[[str], None] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT. Port 0 takes a free one; `announce` is told the base URL once it is open.

    Raises InvalidLatencyError or InvalidFaultsError for settings it can't understand, OSError for a port that is taken.
    """
    app = create_app(ledger_path=ledger_path, latency=latency, faults=faults)
    with socket.create_server((host, port), backlog=512) as listener:
        if announce is not None:
            announce(f"http://{host}:{listener.getsockname()[1]}/v1")
        config = uvicorn.Config(
            app,
            http=OpenProtocol,
            ws="none",
            log_config=None,  # the process that serves decides where logs go
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        _Server(config).run(sockets=[listener])
