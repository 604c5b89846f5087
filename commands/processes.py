"""`mcq dev`, `worker`, `demo-model`, `codec-server`, `migrate`, `stop`: the processes and the stack under them."""

import asyncio
import signal
import threading
import uuid
from collections.abc import Callable
from functools import partial

from rich.console import Console

from commands.exit_codes import Exit
from commands.session import API_PART, DEMO_MODEL_PART, Session, api_secret, open_stack, run_in_session, with_addresses
from settings import Settings
from telemetry import configure_logging

# Seconds between looks at the stack's health.
WATCH_INTERVAL = 1.0


def dev(settings: Settings, console: Console) -> Exit:
    """The whole stack in the foreground until Ctrl-C."""
    stop = _stop_on_signals()
    report = partial(console.print, style="dim")
    with open_stack(settings, report, with_worker=True, with_api=True) as (stack, addresses):
        console.print(f"Temporal     {addresses.temporal_address}")
        console.print(f"Web UI       {addresses.temporal_ui or 'that of your own Temporal'}")
        if DEMO_MODEL_PART in addresses.parts:
            console.print(f"demo model   http://{addresses.parts[DEMO_MODEL_PART]}")
        console.print(f"API          http://{addresses.parts[API_PART]}/docs, with a token of: mcq token")
        console.print(f"addresses    {settings.mcq_home / 'addresses.json'}")
        console.print("Ready. Ctrl-C stops everything; what was in flight continues at the next start.")
        while not stop.wait(WATCH_INTERVAL):
            stack.raise_if_failed()
        stack.close(leave_running=False)
    return Exit.OK


def worker() -> Exit:
    """One Temporal worker until SIGTERM; raises when it dies."""
    from worker import main  # noqa: PLC0415 - seconds of imports

    main()
    return Exit.OK


def api(host: str, port: int, processes: int, announce: Callable[[str], None]) -> Exit:
    """The HTTP API until SIGTERM."""
    from api.server import serve  # noqa: PLC0415 - a second of imports

    settings = Settings()
    configure_logging(settings.log_level)
    serve(host, port, processes=processes, announce=announce)
    return Exit.OK


def token(settings: Settings, console: Console) -> Exit:
    """A token of the local account, on the embedded stack."""
    from api.tokens import Tokens  # noqa: PLC0415 - what signs is needed here only

    async def owner(session: Session) -> uuid.UUID:
        return await session.quizzes.local_owner()

    user_id = run_in_session(settings, lambda _line: None, owner, with_worker=False)
    console.print(Tokens(api_secret(settings), hours=settings.api_token_hours).issue(user_id), soft_wrap=True)
    return Exit.OK


def demo_model(settings: Settings, host: str, port: int, announce: Callable[[str], None]) -> Exit:
    """The demo model's server until SIGTERM."""
    from demo_model.server import serve  # noqa: PLC0415

    configure_logging(settings.log_level)
    serve(
        host,
        port,
        ledger_path=settings.mcq_home / "demo-model" / "ledger.jsonl",
        latency=settings.demo_model_latency,
        faults=settings.demo_model_faults,
        announce=announce,
    )
    return Exit.OK


def codec_server(settings: Settings, host: str, port: int, announce: Callable[[str], None]) -> Exit:
    """The codec server until SIGTERM."""
    from payloads.server import serve  # noqa: PLC0415

    configure_logging(settings.log_level)
    serve(
        host,
        port,
        settings.require_encryption_keys(),
        token=settings.require_codec_server_token(),
        ui_origin=settings.codec_ui_origin,
        announce=announce,
    )
    return Exit.OK


def migrate(settings: Settings, console: Console) -> Exit:
    """The schema to the newest version, and the search attributes on the Temporal server."""
    with open_stack(settings, lambda line: console.print(line, style="dim"), with_worker=False) as (_, addresses):
        connected = with_addresses(settings, addresses)
        added = asyncio.run(_register_search_attributes(connected))
    console.print("The schema is current.")
    console.print(f"Search attributes added: {', '.join(added) or 'none were missing'}.")
    return Exit.OK


async def _register_search_attributes(settings: Settings) -> list[str]:
    from service.search_attributes import register  # noqa: PLC0415
    from temporal_client import connect  # noqa: PLC0415

    return await register(await connect(settings))


def stop(settings: Settings, console: Console) -> Exit:
    """Stop a stack that was left running."""
    from embedded.stack import stop as stop_stack  # noqa: PLC0415

    stopped = stop_stack(settings, lambda line: console.print(line, style="dim"))
    console.print(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")
    return Exit.OK


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop
