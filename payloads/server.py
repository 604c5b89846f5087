"""Runs the codec server as a process of its own, on this machine only unless told otherwise."""

import socket
from collections.abc import Callable, Sequence
from types import FrameType

import uvicorn

from payloads.app import create_app
from payloads.keys import Key

# A slow reader must not hold up a shutdown for longer than this.
GRACE_SECONDS = 3


class _Server(uvicorn.Server):
    """Ends with exit code 0 on SIGTERM: uvicorn would raise the signal again after its graceful shutdown."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Finish what is under way and stop; a second signal stops at once."""
        self.force_exit = self.should_exit
        self.should_exit = True


def serve(
    host: str, port: int, keys: Sequence[Key], *, token: str, ui_origin: str, announce: Callable[[str], None]
) -> None:
    """Serve until SIGTERM or SIGINT. Port 0 takes a free one; `announce` is told the address once it is open.

    Raises OSError for a port that is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family, backlog=512) as listener:
        announce(f"http://{host}:{listener.getsockname()[1]}")
        config = uvicorn.Config(
            create_app(keys, token=token, ui_origin=ui_origin),
            ws="none",
            log_config=None,  # the process that serves decides where logs go
            access_log=False,  # ours has no address
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        _Server(config).run(sockets=[listener])
