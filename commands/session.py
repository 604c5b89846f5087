"""What most commands need: the stack, its addresses, and the service on top."""

import asyncio
import contextlib
import hashlib
import json
import secrets
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import SecretStr

from commands.needs import current_schema, what_a_worker_needs
from embedded.part import Addresses, ExtraPart, Launch
from embedded.stack import Stack
from embedded.state import sync_folder, write_new_file
from settings import Settings
from storage.engine import create_engine
from storage.quizzes import QuizStore
from storage.workflow_states import WorkflowStateStore

if TYPE_CHECKING:
    from service.generations import GenerationService

T = TypeVar("T")

DEMO_MODEL_PART = "demo-model"
WORKER_PART = "worker"
API_PART = "api"
# Requests in flight, and event streams that are told to come back.
API_STOP_TIMEOUT = 10.0
# Uvicorn closes idle connections after seconds; a stalled call is cut at this point.
DEMO_MODEL_STOP_TIMEOUT = 8.0
# What worker and API run.
_CODE = (
    "*.py",
    "activities/*.py",
    "api/**/*.py",
    "domain/**/*.py",
    "metrics/*.py",
    "model/*.py",
    "payloads/*.py",
    "service/*.py",
    "storage/*.py",
    "workflows/*.py",
    "writing/*.py",
)
# A person at a terminal would rather wait for a busy machine than be told to try again.
RPC_TIMEOUT = timedelta(seconds=20)


@dataclass(frozen=True)
class Session:
    """An open stack as a command uses it."""

    settings: Settings
    stack: Stack
    addresses: Addresses
    service: "GenerationService"
    quizzes: QuizStore
    states: WorkflowStateStore


@contextlib.contextmanager
def open_stack(
    settings: Settings, report: Callable[[str], None], *, with_worker: bool, with_api: bool = False
) -> Iterator[tuple[Stack, Addresses]]:
    """Join or start the stack, with the schema current. Leaves it on exit; the last one stops it."""
    parts = extra_parts(settings) if with_worker else []
    stack = Stack(settings, extra_parts=[*parts, api_part(settings)] if with_api else parts, report=report)
    addresses = stack.start()
    try:
        current_schema(addresses.database_url)
        if with_worker:
            write_addresses(settings, addresses)
        yield stack, addresses
    finally:
        stack.close()


def run_in_session(
    settings: Settings, report: Callable[[str], None], work: Callable[[Session], Awaitable[T]], *, with_worker: bool
) -> T:
    """Do `work` on the stack with the service on top. Temporal is connected at the first need.

    The stack starts outside the event loop, where Ctrl-C is heard at once: a first start can take minutes.
    """
    with open_stack(settings, report, with_worker=with_worker) as (stack, addresses):

        async def run() -> T:
            async with _session(settings, stack, addresses) as session:
                return await work(session)

        return asyncio.run(run())


@contextlib.asynccontextmanager
async def _session(settings: Settings, stack: Stack, addresses: Addresses) -> AsyncIterator[Session]:
    from service.generations import GenerationService  # noqa: PLC0415 - a second of imports that `mcq --help` can do without
    from temporal_client import lazily  # noqa: PLC0415 - the same

    connected = with_addresses(settings, addresses)
    engine = create_engine(addresses.database_url, pool_size=4)
    states, quizzes = WorkflowStateStore(engine), QuizStore(engine)
    service = GenerationService(connected, states, quizzes, lazily(connected), rpc_timeout=RPC_TIMEOUT)
    try:
        yield Session(connected, stack, addresses, service, quizzes, states)
    finally:
        await engine.dispose()


def with_addresses(settings: Settings, addresses: Addresses) -> Settings:
    """The settings with the stack's addresses in the place of what was not set."""
    return settings.model_copy(
        update={"database_url": SecretStr(addresses.database_url), "temporal_address": addresses.temporal_address}
    )


def extra_parts(settings: Settings) -> list[ExtraPart]:
    """The demo model, when no provider is set, and a worker."""
    worker = ExtraPart(
        name=WORKER_PART,
        port=True,
        build=lambda addresses, port: _worker_launch(settings, addresses, port),
        prepare=lambda addresses: what_a_worker_needs(settings, addresses),
        stop_timeout=settings.worker_drain_timeout + 10,
    )
    if not settings.uses_demo_model:
        return [worker]
    demo = ExtraPart(
        name=DEMO_MODEL_PART,
        port=True,
        ready="/healthz",
        stop_timeout=DEMO_MODEL_STOP_TIMEOUT,
        build=lambda _addresses, port: Launch(
            (sys.executable, "-m", "cli", "demo-model", "--port", str(port)),
            {
                "MCQ_HOME": str(settings.mcq_home),
                "DEMO_MODEL_LATENCY": settings.demo_model_latency,
                "DEMO_MODEL_FAULTS": settings.demo_model_faults,
            },
        ),
    )
    return [demo, worker]


def api_part(settings: Settings) -> ExtraPart:
    """The HTTP API."""
    return ExtraPart(
        name=API_PART,
        port=True,
        ready="/healthz",
        stop_timeout=API_STOP_TIMEOUT,
        build=lambda addresses, port: _api_launch(settings, addresses, port),
        prepare=lambda addresses: current_schema(addresses.database_url),
    )


def _worker_launch(settings: Settings, addresses: Addresses, port: int | None) -> Launch:
    environment = {
        "WORKFLOW_OUTAGE_PATIENCE": str(settings.workflow_outage_patience),
        "WORKER_DRAIN_TIMEOUT": str(settings.worker_drain_timeout),
        "WORKER_METRICS_ADDRESS": settings.worker_metrics_address or f"127.0.0.1:{port}",
    }
    return Launch((sys.executable, "-m", "cli", "worker"), _shared(settings, addresses) | environment)


def _api_launch(settings: Settings, addresses: Addresses, port: int | None) -> Launch:
    of_the_api = ("workflow_", "api_", "enable_", "reconcile_")
    chosen = {name: getattr(settings, name) for name in Settings.model_fields if name.startswith(of_the_api)}
    environment = {name.upper(): str(value) for name, value in chosen.items() if name != "api_secret_key"}
    environment["API_SECRET_KEY"] = api_secret(settings)
    command = (sys.executable, "-m", "cli", "api", "--port", str(port))
    return Launch(command, _shared(settings, addresses) | environment)


def _shared(settings: Settings, addresses: Addresses) -> dict[str, str]:
    """What worker and API need alike."""
    demo_url = f"http://{addresses.parts[DEMO_MODEL_PART]}/v1" if settings.uses_demo_model else ""
    return {
        "DATABASE_URL": addresses.database_url,
        "TEMPORAL_ADDRESS": addresses.temporal_address,
        "TEMPORAL_NAMESPACE": settings.temporal_namespace,
        "MCQ_HOME": str(settings.mcq_home),
        "TASK_QUEUE": settings.task_queue,
        "PAYLOAD_KEYS": _plain(settings.payload_keys),
        "LOG_LEVEL": settings.log_level,
        # A process of an older code than ours would be kept otherwise.
        "MCQ_CODE": code_fingerprint(),
        "OPENAI_BASE_URL": demo_url or settings.openai_base_url or "",
        "OPENAI_API_KEY": _plain(settings.openai_api_key),
        "OPENAI_MODEL": settings.model_name,
        "OPENAI_TIMEOUT": str(settings.openai_timeout),
        "OPENAI_PRICES": settings.openai_prices or "",
    }


def _plain(secret: SecretStr | None) -> str:
    """For an environment, where nothing is an empty text."""
    return secret.get_secret_value() if secret else ""


def api_secret(settings: Settings) -> str:
    """What signs the tokens of the embedded stack: the setting, or one that is made once and kept."""
    if settings.api_secret_key is not None:
        return settings.api_secret_key.get_secret_value()
    path = settings.mcq_home / "api-secret"
    if path.exists() and not path.stat().st_size:  # cut off by a power failure
        path.unlink()
    if not path.exists():
        # Whole or not at all: with an empty one the API would never start.
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        write_new_file(draft, secrets.token_urlsafe(48).encode())
        try:
            with contextlib.suppress(FileExistsError):  # somebody else was quicker, and signs with theirs
                path.hardlink_to(draft)
        finally:
            draft.unlink()
        sync_folder(path.parent)
    return path.read_text(encoding="utf-8")


def code_fingerprint() -> str:
    """Changes with the code: names, sizes and times of our own files."""
    root = Path(__file__).parent.parent
    files = sorted(path for package in _CODE for path in root.glob(package))
    marks = [f"{path.relative_to(root)} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in files]
    return hashlib.sha256("\n".join(marks).encode()).hexdigest()[:16]


def write_addresses(settings: Settings, addresses: Addresses) -> None:
    """Keep the addresses in `MCQ_HOME/addresses.json` for scripts; mode 0600, as the database URL holds a password."""
    path = settings.mcq_home / "addresses.json"
    demo, api = addresses.parts.get(DEMO_MODEL_PART), addresses.parts.get(API_PART)
    content = {
        "temporal": addresses.temporal_address,
        "temporal_ui": addresses.temporal_ui,
        "demo_model": f"http://{demo}/v1" if demo else None,
        "api": f"http://{api}" if api else None,
        "worker_metrics": f"http://{addresses.parts[WORKER_PART]}/metrics",
        "database": addresses.database_url,
    }
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(json.dumps(content, indent=2) + "\n")
