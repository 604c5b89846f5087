"""The real stack as separate processes, each of which can be killed, frozen or cut off, and is started again.

PostgreSQL and Temporal are started as the embedded stack starts them, without its supervision: here the campaign
decides how long a part is down.
"""

import os
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from embedded import process
from embedded.home import Home
from embedded.part import Addresses, Context, Part, answers_http
from embedded.ports import HOST, claim
from embedded.postgres import NAME as POSTGRES
from embedded.postgres import Postgres
from embedded.postgres import url as postgres_url
from embedded.postgres_data import ensure_password
from embedded.process import Mark
from embedded.silence import ASK_EVERY, Silence
from embedded.state import StateFile
from embedded.temporal_cli import find_or_make
from embedded.temporal_server import NAME as TEMPORAL
from embedded.temporal_server import TemporalServer
from settings import Settings
from storage.migrate import migrate
from tests.chaos.processes import Process, Zygote
from tests.support.homes import new_home, remove_home
from tests.support.proxy import Proxy, Way

API, DEMO_MODEL = "api", "demo-model"
# What must never be seen outside: the API's secret, the database's password, the key of the provider.
CANARY = "canary"
# The pairs between which a proxy can stand: who, and the other end.
PAIRS = [("worker", POSTGRES), ("worker", TEMPORAL), ("worker", DEMO_MODEL), (API, POSTGRES), (API, TEMPORAL)]


class Cluster:
    """Everything under one folder, on ports of its own.

    `workers` run at once; `proxied` puts proxies between pairs; `crashing` arms crash points.
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
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.home = Home(home)
        self.latency, self.model_faults = latency, model_faults
        self.secret = f"{CANARY}-{secrets.token_hex(24)}"
        self.crash_folder = home / "crash-points"
        # Crash points are refused beside a key, which is looked for everywhere afterwards.
        self.key = None if crashing else f"sk-{CANARY}-{secrets.token_hex(24)}"
        self.processes: dict[str, Process] = {}
        self.workers = [f"worker-{number}" for number in range(1, workers + 1)]
        self.proxies: dict[tuple[str, str], Proxy] = {}
        self._proxied = proxied
        self._extra = dict(environment or {})
        self._closing = threading.Event()
        self._zygote = Zygote()
        # How often Temporal lived, served nobody for long, and was started again.
        self.silences = 0
        self._supervisor = threading.Thread(target=self._supervise, daemon=True)
        self._listener = threading.Thread(target=self._listen_to_temporal, daemon=True)

    def __enter__(self) -> Self:
        self.home.create()
        self.crash_folder.mkdir(exist_ok=True)
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
                proxy = Proxy(f"{HOST}:{self.ports[target]}")
                proxy.__enter__()
                self.proxies[who, target] = proxy
        self._add(API, ["api", "--port", str(self.ports[API])], "/healthz")
        for name in self.workers:
            self._add(name, ["worker"], None)
        self._supervisor.start()
        self._listener.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._supervisor.join(30)
        self._listener.join(30)
        for one in reversed(self.processes.values()):
            one.end()
        for proxy in self.proxies.values():
            proxy.__exit__(None, None, None)
        self._zygote.close()

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
        return {"API_SECRET_KEY": self.secret, "the database's password": password, **key}

    def settings(self) -> Settings:
        """For clients of the campaign's own."""
        return Settings(
            _env_file=None,
            mcq_home=self.home.root,
            database_url=self.database_url,
            temporal_address=self.temporal_address,
            openai_model="demo-model",
            openai_base_url=f"{self.model_url}/v1",
        )

    def down(self, name: str, seconds: float) -> bool:
        """Kill a part and let it be away; whether it lived."""
        one = self.processes[name]
        one.held = True
        lived = one.kill()
        self._later(seconds, lambda: setattr(one, "held", False))
        return lived

    def tell_stacks(self) -> None:
        """Have our own processes write their stacks into their logs."""
        for name in (*self.workers, API, DEMO_MODEL):
            self.processes[name].tell_stacks()

    def freeze(self, name: str, seconds: float) -> bool:
        """SIGSTOP a part, and SIGCONT it later."""
        one = self.processes[name]
        if not one.freeze():
            return False
        self._later(seconds, one.thaw)
        return True

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

    def _later(self, seconds: float, deed: object) -> None:
        timer = threading.Timer(seconds, deed)  # type: ignore[arg-type]
        timer.daemon = True
        timer.start()

    def _add(self, name: str, arguments: list[str], ready: str | None) -> None:
        log = self.home.log_of(name)
        url = f"http://{HOST}:{self.ports[name]}{ready}" if ready else None
        one = Process(
            name,
            lambda: self._zygote.start(arguments, self._environment(name), log),
            (lambda: answers_http(url)) if url else lambda: True,
        )
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

        one = Process(part.name, start, lambda: part.is_ready(context))
        self.processes[part.name] = one
        one.start()
        one.until_ready()
        part.first_ready(context)

    def _environment(self, name: str) -> dict[str, str]:
        role = "worker" if name in self.workers else name
        database, temporal = self.database_url, self.temporal_address
        model = f"{HOST}:{self.ports[DEMO_MODEL]}"
        if (role, POSTGRES) in self.proxies:
            database = database.replace(f"{HOST}:{self.ports[POSTGRES]}", self.proxies[role, POSTGRES].address)
        if (role, TEMPORAL) in self.proxies:
            temporal = self.proxies[role, TEMPORAL].address
        if (role, DEMO_MODEL) in self.proxies:
            model = self.proxies[role, DEMO_MODEL].address
        mine = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(self.home.root),
            "MCQ_HOME": str(self.home.root),
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
        return {**mine, **crashes_or_key, **self._extra}

    def _supervise(self) -> None:
        """Start what has died, unless it is to be away."""
        while not self._closing.wait(0.1):
            for one in self.processes.values():
                if not one.held and not one.lives and not self._closing.is_set():
                    one.start()

    def _listen_to_temporal(self) -> None:
        """Start it again when it lives but serves nobody, as the embedded stack's supervision does."""
        silence, one, starts = Silence(), self.processes[TEMPORAL], 0
        while not self._closing.wait(ASK_EVERY):
            if one.starts != starts or one.held or one.frozen:
                silence, starts = Silence(), one.starts
            elif silence.lasts(one.serves()):
                self.silences += 1
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
