"""The server processes of the API: how they start, share a port, and stop with open event streams."""

import multiprocessing
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import uvicorn
from uvicorn.supervisors import Multiprocess

from metrics.sharing import share_between_processes
from settings import Settings

# Seconds that requests in flight get at a stop; streams are ended at once, their readers come back.
GRACE = 5


def serve(host: str, port: int, *, processes: int, announce: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; `announce` gets the address. Raises OSError and MissingSetting."""
    settings = Settings()
    settings.require_database_url()
    settings.require_api_secret_key()
    if processes > 1 and not settings.enable_workflow_persistence:
        # Its generations live in one process; another could not even cancel them.
        processes = 1
    config = uvicorn.Config(
        "api.app:from_environment",
        factory=True,
        host=host,
        port=port,
        workers=processes,
        loop="uvloop" if sys.platform != "win32" else "auto",
        http="httptools",
        access_log=False,  # ours has the route and the request's id
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
        timeout_keep_alive=65,  # longer than the minute of common proxies, so that they close first
        lifespan="on",
    )
    listening = _listen(host, port)
    announce(f"http://{host}:{listening.getsockname()[1]}")
    if processes == 1:
        server = uvicorn.Server(config)
        server.run(sockets=[listening])
        if not server.started:
            raise SystemExit(3)
        return
    with tempfile.TemporaryDirectory(prefix="mcq-metrics-") as folder:
        share_between_processes(Path(folder))
        multiprocessing.allow_connection_pickling()
        Multiprocess(config, sockets=[listening]).run()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family, backlog=2048)
    listening.set_inheritable(True)
    return listening
