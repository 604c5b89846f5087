"""Imports point one way, files stay small, and everything public says what it is."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.product_code import PACKAGES, ROOT, parse, product_files, top_level_names

# What each part may import of ours; itself always. Later lines stand on earlier ones.
ALLOWED = {
    "domain": set[str](),
    "model": {"domain"},
    "payloads": set[str](),
    "settings": {"demo_model", "model", "payloads"},  # their parsers, so that a wrong value is told at once
    "storage": {"domain"},
    "workflows": {"domain"},
    "demo_model": set[str](),
    "embedded": {"settings"},
    "leaving": set[str](),
    "telemetry": set[str](),
    "metrics": set[str](),
    "temporal_logs": set[str](),
    "temporal_queries": set[str](),
    "temporal_client": {"payloads", "settings"},
    "writing": {"domain", "metrics", "model", "storage", "workflows"},
    "activities": {"domain", "model", "storage", "workflows", "writing"},
    "service": {"domain", "metrics", "model", "payloads", "settings", "storage", "workflows", "writing"},
    "api": {
        "domain",
        "metrics",
        "service",
        "settings",
        "storage",
        "telemetry",
        "temporal_client",
        "temporal_logs",
        "workflows",
    },
}  # fmt: skip
# What the whole product uses, and these parts must not: they are to be pure, or replaceable.
FORBIDDEN = {
    "domain": {"temporalio", "langgraph", "sqlalchemy", "sqlmodel", "psycopg", "httpx", "httpx2", "openai", "fastapi",
               "starlette", "pydantic", "structlog", "typer", "rich"},
    "model": {"temporalio", "langgraph", "sqlalchemy", "sqlmodel", "psycopg"},
    "workflows": {"sqlalchemy", "sqlmodel", "psycopg", "httpx", "httpx2", "openai", "structlog"},
    "storage": {"temporalio", "langgraph", "openai", "httpx", "httpx2"},
    "writing": {"temporalio", "openai", "httpx", "httpx2", "psycopg", "fastapi"},
    "service": {"langgraph", "openai", "fastapi"},
    "demo_model": {"temporalio", "langgraph", "sqlalchemy", "sqlmodel", "openai"},
    "payloads": {"langgraph", "sqlalchemy", "sqlmodel", "psycopg", "openai", "httpx", "httpx2", "fastapi"},
}  # fmt: skip
# Who must never be imported by whom, whatever else changes.
NEVER = {
    "api": {"activities", "commands", "writing"},
    "commands": {"activities"},
    "worker": {"commands", "service"},
}
LONGEST_FILE = 300
# Files that may be longer, and why.
LONGER = dict[str, str]()


def _files(part: str) -> list[Path]:
    return sorted((ROOT / part).rglob("*.py")) if (ROOT / part).is_dir() else [ROOT / f"{part}.py"]


def _imports(file: Path) -> Iterator[tuple[int, str]]:
    """(line, top-level name) of every import, those in functions and behind TYPE_CHECKING included."""
    for node in ast.walk(parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: relative import"
            yield node.lineno, (node.module or "").partition(".")[0]


def _offences(part: str, offends: set[str]) -> list[str]:
    return [
        f"{file.relative_to(ROOT)}:{line} imports {name}"
        for file in _files(part)
        for line, name in _imports(file)
        if name in offends
    ]


def _id(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("part", ALLOWED)
def test_imports_point_one_way(part: str) -> None:
    """A part imports only what it stands on, so that it can be read, tested and replaced without the rest."""
    assert _offences(part, top_level_names() - ALLOWED[part] - {part}) == []


@pytest.mark.parametrize("part", FORBIDDEN)
def test_a_part_keeps_clear_of_foreign_subjects(part: str) -> None:
    """The domain is pure; only `model` speaks to a provider, only `storage` to a database."""
    assert _offences(part, FORBIDDEN[part]) == []


@pytest.mark.parametrize("part", NEVER)
def test_the_doors_stay_apart(part: str) -> None:
    """API and command line go through the service; the worker knows neither."""
    assert _offences(part, NEVER[part]) == []


def test_no_part_is_forgotten() -> None:
    """A new package or module at the top gets its place in the tables above, or is one of the ends."""
    ends = {"cli", "commands", "worker"}
    assert top_level_names() == {*ALLOWED, *ends}
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "bench"}  # not shipped
    assert folders <= set(PACKAGES)


def test_product_code_does_not_import_tests() -> None:
    """What is shipped stands without them."""
    assert [
        name for part in top_level_names() for name in _offences(part, {"tests", "bench", "pytest", "hypothesis"})
    ] == []


@pytest.mark.parametrize("file", product_files(), ids=_id)
def test_a_file_is_one_idea(file: Path) -> None:
    """At most 300 lines; the exceptions stand above with their reasons."""
    if _id(file) not in LONGER:
        assert len(file.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


def test_every_exception_is_needed() -> None:
    """A file that became short again leaves the list."""
    for name in LONGER:
        assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) > LONGEST_FILE


@pytest.mark.parametrize("file", product_files(), ids=_id)
def test_what_is_public_says_what_it_is(file: Path) -> None:
    """Modules, public classes and public functions have docstrings."""
    module = parse(file.read_text(encoding="utf-8"))
    empty = not module.body
    missing = [] if empty or ast.get_docstring(module) else ["module"]

    def look(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                name = f"{prefix}{node.name}"
                if node.name.startswith("_"):
                    continue  # private, magic, or within something private
                if not ast.get_docstring(node):
                    missing.append(name)
                if isinstance(node, ast.ClassDef):
                    look(node.body, f"{name}.")

    look(module.body, "")
    assert missing == []
