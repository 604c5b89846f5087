"""What a part of the stack is: a program with its command, readiness and way to stop, and the addresses it adds."""

import hashlib
import json
import signal
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from embedded.errors import CancelledStartError
from embedded.home import Home
from embedded.logs import Report
from embedded.ports import HOST

_HTTP_TIMEOUT = 2.0  # seconds for one readiness request


@dataclass(frozen=True)
class Addresses:
    """Where the parts are. The database URL holds the password and is kept out of `repr`."""

    database_url: str = field(repr=False)
    temporal_address: str
    # None when the Temporal server isn't the embedded one.
    temporal_ui: str | None
    # "127.0.0.1:PORT" of each extra part that asked for a port, by its name.
    parts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Launch:
    """How to start a program. `environment` comes on top of our own; put there what must restart it when it changes."""

    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    # None: the folder that we are in.
    cwd: Path | None = None


@dataclass(frozen=True)
class ExtraPart:
    """A part given by the caller: the demo model, the worker. Started after PostgreSQL and Temporal, in list order."""

    # Letters, digits, hyphens: it names the log, the lock and the port.
    name: str
    # Called with the addresses of the parts before it (and its own) and its port.
    build: Callable[[Addresses, int | None], Launch]
    # Whether it gets a port on 127.0.0.1, remembered under its name.
    port: bool = False
    # Whether the parts after it in the list start only once it is ready.
    wait: bool = True
    # Ready when: a GET of this URL is answered with 2xx ("/path" means its own port); or the callable says so, which is
    # called about every 50 ms; or, None, as soon as it runs.
    ready: str | Callable[[Addresses, int | None], bool] | None = None
    # Called before every start of it, e.g. to migrate the database; may raise StackError, and NotYetError when what it
    # needs is away.
    prepare: Callable[[Addresses], None] | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    # Seconds from the stop signal to SIGKILL, and for it to become ready.
    stop_timeout: float = 30.0
    ready_timeout: float = 60.0


@dataclass
class Context:
    """What a part may use while it starts."""

    home: Home
    # The part's own ports, by the names it asked for.
    ports: Mapping[str, int]
    # Of all parts whose ports are known so far.
    addresses: Callable[[], Addresses]
    report: Report
    closing: threading.Event

    def stop_if_closing(self) -> None:
        """Raise CancelledStartError once the stack is being closed."""
        if self.closing.is_set():
            raise CancelledStartError("The stack was closed while it was starting.")


@dataclass(frozen=True)
class Program:
    """A part ready to be spawned."""

    command: tuple[str, ...]
    # The whole environment, without the marker.
    environment: Mapping[str, str] = field(repr=False)
    cwd: Path | None = None
    # The system user to run as; None: ours.
    user: int | None = None
    group: int | None = None


class Part:
    """A part of the stack as the keeper sees it."""

    name: str
    # Parts are stopped in the reverse of this order.
    order: int
    # Names under which its ports are remembered.
    port_names: tuple[str, ...] = ()
    stop_signal: signal.Signals = signal.SIGTERM
    kill_signal: signal.Signals = signal.SIGKILL
    stop_timeout: float = 30.0
    ready_timeout: float = 60.0
    # Whether it can live on without serving, for good: then it is started again.
    watched: bool = False

    def definition(self, context: Context) -> str:
        """A hash that is equal when two processes mean the same program; must be cheap and needs no data on disk."""
        raise NotImplementedError

    def prepare(self, context: Context) -> Program:
        """Make everything that the program needs, and tell how to start it. Raises StackError."""
        raise NotImplementedError

    def is_ready(self, context: Context) -> bool:
        """Whether it serves."""
        raise NotImplementedError

    def first_ready(self, context: Context) -> None:
        """Called when a process that we started became ready, before anybody is told. Raises StackError."""


def fingerprint(*values: object) -> str:
    """SHA-256 of values."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()


class CallersPart(Part):
    """An ExtraPart as the keeper sees it."""

    def __init__(self, given: ExtraPart, index: int, environment: Callable[[], Mapping[str, str]]) -> None:
        self.given = given
        self.name = given.name
        self.order = 10 + index  # after the parts of our own
        self.port_names = (given.name,) if given.port else ()
        self.stop_signal = given.stop_signal
        self.stop_timeout = given.stop_timeout
        self.ready_timeout = given.ready_timeout
        self._environment = environment

    def definition(self, context: Context) -> str:
        """The command and the environment that the caller asks for."""
        launch = self.given.build(context.addresses(), context.ports.get(self.name))
        return fingerprint(launch.command, dict(launch.environment))

    def prepare(self, context: Context) -> Program:
        """The caller's own preparation, then its command."""
        if self.given.prepare is not None:
            self.given.prepare(context.addresses())
        launch = self.given.build(context.addresses(), context.ports.get(self.name))
        return Program(launch.command, {**self._environment(), **launch.environment}, launch.cwd)

    def is_ready(self, context: Context) -> bool:
        """Ask as the caller said."""
        ready, port = self.given.ready, context.ports.get(self.name)
        if ready is None:
            return True
        if callable(ready):
            return ready(context.addresses(), port)
        return answers_http(f"http://{HOST}:{port}{ready}" if ready.startswith("/") else ready)


# Our own servers are never behind the proxy that the environment may name.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def http_status(url: str) -> int | None:
    """The status of a GET; None if nothing answers."""
    try:
        with _opener.open(url, timeout=_HTTP_TIMEOUT) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    except (OSError, ValueError):
        return None


def answers_http(url: str) -> bool:
    """Whether a GET is answered with a 2xx."""
    status = http_status(url)
    return status is not None and 200 <= status < 300
