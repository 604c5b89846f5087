"""The real stack as separate processes, each of which can be killed, frozen or cut off, and is started again.

PostgreSQL and Temporal are started as the embedded stack starts them, without its supervision: here the campaign
decides how long a part is down.
"""

import os
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pydantic import SecretStr

from embedded import postgres, process, temporal_server
from embedded.home import Home
from embedded.part import Addresses, Context, Part, answers_http
from embedded.ports import HOST, claim
from embedded.postgres import Postgres
from embedded.postgres import url as postgres_url
from embedded.postgres_data import ensure_password
from embedded.process import Mark
from embedded.silence import ASK_EVERY, Silence
from embedded.state import StateFile
from embedded.temporal_cli import find_or_make
from embedded.temporal_server import TemporalServer
from payloads.keys import KEY_BYTES, Key
from settings import Settings
from storage.migrate import migrate
from tests.chaos.processes import CLOCK_AHEAD, Process, Zygote
from tests.support.homes import new_home, remove_home
from tests.support.proxy import Proxy, Way
from tests.unit.payloads.made import written

POSTGRES, TEMPORAL = postgres.NAME, temporal_server.NAME
API, DEMO_MODEL = "api", "demo-model"
# What must never be seen outside: the API's secret, the database's password, the key of the provider.
CANARY = "canary"
# Stands for each of the workers.
WORKER = "worker"
# The pairs between which a proxy can stand: who, and the other end.
PAIRS = [(WORKER, POSTGRES), (WORKER, TEMPORAL), (WORKER, DEMO_MODEL), (API, POSTGRES), (API, TEMPORAL)]
# Seconds of the longest freeze after which a worker still has what it had: its heartbeats are missed for 20 s.
STILL_ITS_OWN = 8.0


def names_of_workers(count: int) -> list[str]:
    """Of as many as run at once."""
    return [f"{WORKER}-{number}" for number in range(1, count + 1)]


class Cluster:
    """Everything under one folder, on ports of its own.

    `workers` run at once; `proxied` puts a proxy between each process and each other end of its; `crashing` arms crash
    points; `apart` gives each worker a new folder of its own at each start, as a container has: none sees another die,
    not even its own predecessor, and only missed heartbeats tell; `encrypted` has Temporal keep nothing that can be
    read without a key; `clocks_ahead` are seconds by the name of a process of ours, less than 0 for one that is behind.
    """

    def __init__(
        self,
        home: Path,
        *,
        workers: int = 3,
        latency: str = "0.5-1.5",
        model_faults: str = "",
        proxied: bool = False,
        crashing: bool = True,
        apart: bool = False,
        encrypted: bool = False,
        clocks_ahead: Mapping[str, float] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.home = Home(home)
        self.latency, self.model_faults = latency, model_faults
        self.secret = f"{CANARY}-{secrets.token_hex(24)}"
        self.crash_folder = home / "crash-points"
        # Crash points are refused beside a key, which is looked for everywhere afterwards.
        self.key = None if crashing else f"sk-{CANARY}-{secrets.token_hex(24)}"
        # PAYLOAD_KEYS.
        self.payload_keys = written(Key(CANARY, secrets.token_bytes(KEY_BYTES))) if encrypted else None
        self.processes: dict[str, Process] = {}
        self.workers = names_of_workers(workers)
        # By the name of the process and the other end: each worker has ways of its own.
        self.proxies: dict[tuple[str, str], Proxy] = {}
        self._proxied, self._apart = proxied, apart
        self._extra, self._clocks_ahead = dict(environment or {}), dict(clocks_ahead or {})
        # Until when a part is away or frozen: (which of both, its name) -> the clock's seconds.
        self._until: dict[tuple[str, str], float] = {}
        # Workers that were frozen for so long that others have their calls before they come back.
        self._long_frozen: set[str] = set()
        self._closing = threading.Event()
        self._zygote = Zygote()
        # When Temporal, which lived and served nobody for long, was started again.
        self.silences = list[datetime]()
        self._supervisor = threading.Thread(target=self._supervise, daemon=True)
        self._listener = threading.Thread(target=self._listen_to_temporal, daemon=True)

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException:
            self._close()  # nobody else can: what was not entered is not left
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def _open(self) -> None:
        self.home.create()
        self.crash_folder.mkdir(exist_ok=True)
        if self.payload_keys:  # for who reads, later, what is left
            (self.home.root / "payload-keys").write_text(self.payload_keys)
        names = (*Postgres.port_names, *TemporalServer.port_names, API, DEMO_MODEL)
        self.ports = claim(StateFile(self.home.state), names, _silent)
        ensure_password(self.home)
        self._add_part(Postgres(os.environ))
        self.cli = find_or_make(None, _silent, lambda: None)
        self._add_part(TemporalServer("default", lambda _context: self.cli, os.environ, {}))
        migrate(self.database_url)
        self._add(DEMO_MODEL, ["demo-model", "--port", str(self.ports[DEMO_MODEL])], "/healthz")
        if self._proxied:
            for who, target in PAIRS:
                for name in self.workers if who == WORKER else [who]:
                    self.proxies[name, target] = Proxy(f"{HOST}:{self.ports[target]}").__enter__()
        self._add(API, ["api", "--port", str(self.ports[API])], "/healthz")
        for name in self.workers:
            self._add(name, ["worker"], None)
        self._supervisor.start()
        self._listener.start()

    def _close(self) -> None:
        """End whatever is there, also when not everything was started."""
        self._closing.set()
        for thread in (self._supervisor, self._listener):
            if thread.is_alive():
                thread.join(30)
        # The last one first; one that cannot be ended keeps nobody from ending the others.
        with ExitStack() as ends:
            ends.callback(self._zygote.close)
            for proxy in self.proxies.values():
                ends.push(proxy)
            for one in self.processes.values():
                ends.callback(one.end)

    @property
    def database_url(self) -> str:
        """PostgreSQL itself, past every proxy."""
        return postgres_url(self.home, self.ports[POSTGRES])

    @property
    def temporal_address(self) -> str:
        """Temporal itself, past every proxy."""
        return f"{HOST}:{self.ports[TEMPORAL]}"

    @property
    def api_url(self) -> str:
        """The API as a client sees it."""
        return f"http://{HOST}:{self.ports[API]}"

    @property
    def model_url(self) -> str:
        """The demo model, past every proxy."""
        return f"http://{HOST}:{self.ports[DEMO_MODEL]}"

    @property
    def ledger(self) -> Path:
        """The independent witness of every call."""
        return self.home.root / "demo-model" / "ledger.jsonl"

    def secrets(self) -> dict[str, str]:
        """What must be seen nowhere."""
        password = self.database_url.split(":")[2].partition("@")[0]
        key = {"OPENAI_API_KEY": self.key} if self.key else {}
        of_payloads = {"the key of payloads": self.payload_keys.partition(":")[2]} if self.payload_keys else {}
        return {"API_SECRET_KEY": self.secret, "the database's password": password, **key, **of_payloads}

    def settings(self) -> Settings:
        """For clients of the campaign's own."""
        return Settings(
            _env_file=None,
            mcq_home=self.home.root,
            database_url=self.database_url,
            temporal_address=self.temporal_address,
            openai_model="demo-model",
            openai_base_url=f"{self.model_url}/v1",
            payload_keys=SecretStr(self.payload_keys) if self.payload_keys else None,
        )

    def down(self, name: str, seconds: float, *, stop: bool = False) -> bool:
        """Kill a part and let it be away; whether it lived, or is away for longer than it was to be anyway.

        `stop` has it go by itself, and kills it when it has not gone in time.
        """
        one = self.processes[name]
        before = self._until.get(("away", name), 0.0) if one.held else 0.0
        one.held = True
        lived = one.stop() if stop else one.kill()
        until = self._at_last("away", name, before, seconds, lambda: setattr(one, "held", False))
        return lived or until > max(before, time.monotonic())

    def tell_stacks(self) -> None:
        """Have our own processes write their stacks into their logs."""
        for name in (*self.workers, API, DEMO_MODEL):
            self.processes[name].tell_stacks()

    def freeze(self, name: str, seconds: float) -> bool:
        """SIGSTOP a part, and SIGCONT it later; whether it lived."""
        one = self.processes[name]
        before = self._until.get(("frozen", name), 0.0) if one.frozen else 0.0
        if not one.freeze():
            return False
        until = self._at_last("frozen", name, before, seconds, one.thaw)
        if until - time.monotonic() > STILL_ITS_OWN:
            self._long_frozen.add(name)
        elif not before:
            self._long_frozen.discard(name)  # what was frozen for long was another process
        return True

    @property
    def ghosts(self) -> set[str]:
        """Workers that are frozen and will come back when others have their calls."""
        return {name for name in self.workers if name in self._long_frozen and self.processes[name].frozen}

    def recovered(self) -> None:
        """End every fault of processes and ways, and wait until all parts serve."""
        for proxy in self.proxies.values():
            proxy.turn(Way.OPEN)
        for one in self.processes.values():
            one.held = False
            one.thaw()
        for one in self.processes.values():
            one.start()
            one.until_ready()

    # --- private ---

    def _at_last(self, what: str, name: str, before: float, seconds: float, deed: Callable[[], None]) -> float:
        """End a fault after so many seconds, but not `before` the end of one that is there already; when that will be.

        Of faults that lie over each other only the last one's timer ends them.
        """
        now = time.monotonic()
        until = self._until[what, name] = max(before, now + seconds)

        def end() -> None:
            if self._until[what, name] == until:
                deed()

        timer = threading.Timer(until - now, end)
        timer.daemon = True
        timer.start()
        return until

    def _add(self, name: str, arguments: list[str], ready: str | None) -> None:
        log = self.home.log_of(name)
        url = f"http://{HOST}:{self.ports[name]}{ready}" if ready else None

        def start() -> Mark:
            if self._apart and name in self.workers:  # a container that is started again has an empty /tmp
                shutil.rmtree(self.home.root / name, ignore_errors=True)
            return self._zygote.start(arguments, self._environment(name), log)

        one = Process(name, start, (lambda: answers_http(url)) if url else lambda: True)
        self.processes[name] = one
        one.start()
        one.until_ready()

    def _add_part(self, part: Part) -> None:
        own = {name: self.ports[name] for name in part.port_names}
        context = Context(self.home, own, lambda: Addresses("", "", None), _silent, self._closing)

        def start() -> Mark:
            program = part.prepare(context)
            child = process.spawn(
                program.command,
                environment=program.environment,
                log=self.home.log_of(part.name),
                cwd=program.cwd,
                user=program.user,
                group=program.group,
            )
            child.leave()  # reaped when it has ended
            return child.mark

        one = Process(part.name, start, lambda: part.is_ready(context), part.stop_signal)
        self.processes[part.name] = one
        one.start()
        one.until_ready()
        part.first_ready(context)

    def _environment(self, name: str) -> dict[str, str]:
        database, temporal = self.database_url, self.temporal_address
        model = f"{HOST}:{self.ports[DEMO_MODEL]}"
        if (name, POSTGRES) in self.proxies:
            database = database.replace(f"{HOST}:{self.ports[POSTGRES]}", self.proxies[name, POSTGRES].address)
        if (name, TEMPORAL) in self.proxies:
            temporal = self.proxies[name, TEMPORAL].address
        if (name, DEMO_MODEL) in self.proxies:
            model = self.proxies[name, DEMO_MODEL].address
        is_worker = name in self.workers
        mine = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(self.home.root),
            "MCQ_HOME": str(self.home.root / name if is_worker and self._apart else self.home.root),
            "DATABASE_URL": database,
            "TEMPORAL_ADDRESS": temporal,
            "API_SECRET_KEY": self.secret,
            "OPENAI_BASE_URL": f"http://{model}/v1",
            "OPENAI_MODEL": "demo-model",
            "DEMO_MODEL_LATENCY": self.latency,
            "DEMO_MODEL_FAULTS": self.model_faults,
            "LOG_LEVEL": "INFO",
            "WORKER_DRAIN_TIMEOUT": "5",
        }
        crashes_or_key = {"OPENAI_API_KEY": self.key} if self.key else {"CRASH_FOLDER": str(self.crash_folder)}
        # The model's client sends it as the header OpenAI-Project, and the ledger notes it: so each call can be laid to
        # the worker that made it, and to what struck that worker.
        whose = {"OPENAI_PROJECT_ID": name} if is_worker else {}
        keys = {"PAYLOAD_KEYS": self.payload_keys} if self.payload_keys else {}
        clock = {CLOCK_AHEAD: str(self._clocks_ahead.get(name, 0))}
        return {**mine, **crashes_or_key, **keys, **whose, **clock, **self._extra}

    def _supervise(self) -> None:
        """Start what has died, unless it is to be away."""
        while not self._closing.wait(0.1):
            for one in self.processes.values():
                if not self._closing.is_set():
                    one.keep_up()

    def _listen_to_temporal(self) -> None:
        """Start it again when it lives but serves nobody, as the embedded stack's supervision does."""
        silence, one, starts = Silence(), self.processes[TEMPORAL], 0
        while not self._closing.wait(ASK_EVERY):
            if one.starts != starts or one.held or one.frozen:
                silence, starts = Silence(), one.starts
            elif silence.lasts(one.serves()):
                self.silences.append(datetime.now(UTC))
                one.kill()


@contextmanager
def fresh_cluster(**options: Any) -> Iterator[Cluster]:
    """A cluster in a new folder, gone afterwards."""
    home = new_home()
    try:
        with Cluster(home, **options) as cluster:
            yield cluster
    finally:
        remove_home(home)


def _silent(_line: str) -> None:
    """Nobody listens."""
