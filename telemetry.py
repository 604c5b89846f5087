"""Logs: structured, one line an event, without secrets or course content."""

import logging
import re
import sys
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any

import structlog

REMOVED = "[removed]"
# Names of what no log is to hold, alone or at the end of a longer name: `token` and `access_token`, not `tokens`.
_SECRET_NAMES = "authorization|password|passwd|secret|secret_key|token|api_?key|apikey|database_url|cookie|private_key"  # noqa: S105 - the names
_SECRET_NAME = re.compile(rf"(?:^|[_.-])(?:{_SECRET_NAMES.replace('_', '[_-]')})$", re.IGNORECASE)
# The same within a text: a URL's password, a header, `name=value`, a printed dict, a provider's key.
_SECRETS_IN_TEXT = (
    (re.compile(r"(://[^\s:/@]*:)[^\s@]+(?=@)"), rf"\1{REMOVED}"),
    (re.compile(r"\b(bearer|basic) +[\w.~+/=-]{8,}", re.IGNORECASE), rf"\1 {REMOVED}"),
    (
        re.compile(rf"\b((?:\w+[_-])?(?:{_SECRET_NAMES})(?:=|['\"]: ?)['\"]?)[^\s'\"&,;}}]+", re.IGNORECASE),
        rf"\1{REMOVED}",
    ),
    (re.compile(r"\bsk-[\w-]{12,}"), REMOVED),
)
# Values within values that are looked into; what lies deeper is left out.
_DEEPEST = 5
# What Temporal's SDK hands over with its lines: its name there, and ours for what of it is written.
_TEMPORAL_NAMES = {
    "workflow_id": "workflow_id",
    "workflow_run_id": "run_id",
    "run_id": "run_id",
    "activity_type": "activity",
    "attempt": "attempt",
    "task_queue": "task_queue",
    "error": "error",
}
_LONGEST_ERROR = 300


def configure_logging(level: str = "INFO") -> None:
    """Send structlog and the standard library's logs to stderr: JSON lines, or coloured text on a terminal."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                only_ids_of_temporal,
                without_secrets,  # last, so that it sees the line as it will be written, tracebacks too
                renderer,
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for chatty in ("httpx", "httpx2", "openai", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    structlog.configure(
        # First, so that a line nobody wants costs next to nothing.
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def only_ids_of_temporal(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor: of what the SDK adds to its lines, the ids, under the names that our own lines use."""
    for extra in ("temporal_activity", "temporal_workflow", "activity_info", "workflow_info"):
        _take(event, event.pop(extra, None))
    _take(event, getattr(event.pop("temporal_log", None), "fields", None))
    return event


def without_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor: removes what looks like a secret, by its name or its form. The last line of defence, not the first.

    Whoever logs still chooses what to log; no filter knows course content when it sees it.
    """
    return {name: REMOVED if _is_secret(name) else _clean(value, _DEEPEST) for name, value in event.items()}


def _take(event: MutableMapping[str, Any], given: object) -> None:
    if isinstance(given, Mapping):
        for theirs, ours in _TEMPORAL_NAMES.items():
            value = given.get(theirs)
            if isinstance(value, str | int):
                event.setdefault(ours, value[:_LONGEST_ERROR] if isinstance(value, str) else value)


def _clean(value: Any, depth: int) -> Any:
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            for pattern, replacement in _SECRETS_IN_TEXT:
                value = pattern.sub(replacement, value)
            return value
        case Mapping() | list() | tuple() | set() if depth == 0:
            return "…"
        case Mapping():
            return {str(n): REMOVED if _is_secret(str(n)) else _clean(v, depth - 1) for n, v in value.items()}
        case list() | tuple() | set():
            items: Iterable[Any] = value
            return [_clean(item, depth - 1) for item in items]
        case _:
            return _clean(repr(value), depth)  # as the renderer would write it


def _is_secret(name: str) -> bool:
    return _SECRET_NAME.search(name) is not None
