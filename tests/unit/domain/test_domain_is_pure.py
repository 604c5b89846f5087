"""The domain imports nothing that touches the world."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.product_code import parse

ROOT = Path(__file__).parents[3]
MODULES = sorted((ROOT / "domain").rglob("*.py"))
# Third-party code that computes and nothing else.
ALLOWED = {"domain", "rapidfuzz", "semantic_text_splitter"}
# Of the standard library: what reads the clock, chance, the environment, files, processes or the network.
WORLDLY = {
    "os",
    "time",
    "datetime",
    "random",
    "secrets",
    "socket",
    "subprocess",
    "tempfile",
    "threading",
    "asyncio",
    "logging",
}
HEAVY = [
    "temporalio",
    "sqlalchemy",
    "sqlmodel",
    "psycopg",
    "openai",
    "httpx",
    "httpx2",
    "starlette",
    "langgraph",
    "pydantic",
]
# What workflow code imports: the sandbox loads it again for every run, so it brings neither splitter nor readers.
FOR_WORKFLOWS = [
    "domain.linter",
    "domain.question",
    "domain.statuses",
    "domain.similarity",
    "domain.plan",
    "domain.arrange",
]


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found


def _loaded_by(modules: list[str]) -> set[str]:
    """The top-level modules that a fresh interpreter has after importing `modules`."""
    program = f"import sys, importlib\nfor name in {modules!r}: importlib.import_module(name)\nprint(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return {name.split(".")[0] for name in result.stdout.split()}


@pytest.mark.parametrize("path", MODULES, ids=[str(path.relative_to(ROOT)) for path in MODULES])
def test_module_imports_only_computation(path: Path) -> None:
    """Each file imports the domain, pure libraries and the worldless part of the standard library."""
    imported = _imports(path)
    assert imported - ALLOWED <= set(sys.stdlib_module_names)
    assert not imported & WORLDLY


def test_importing_the_domain_loads_nothing_worldly() -> None:
    """Not even indirectly does a domain module load Temporal, a database, HTTP or a model client."""
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in MODULES]
    assert len(names) > 10
    assert not _loaded_by(names) & set(HEAVY)


def test_workflow_side_is_light() -> None:
    """What workflows import loads neither the splitter nor an HTML parser."""
    assert not _loaded_by(FOR_WORKFLOWS) & {*HEAVY, "semantic_text_splitter", "bs4", "html"}


def test_a_worldly_import_would_be_seen(tmp_path: Path) -> None:
    """The check bites, wherever in a file the import stands."""
    path = tmp_path / "module.py"
    path.write_text("def f():\n    from os import environ\n    import temporalio.client\n")
    assert _imports(path) == {"os", "temporalio"}
