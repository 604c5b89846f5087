"""The command line's door: fast help, clear errors, documented exit codes."""

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import cli
from commands.exit_codes import Exit
from tests.unit.product_code import ROOT, parse

# A second or more of imports, none of which help needs.
HEAVY = {
    *("worker", "langgraph", "sqlalchemy", "sqlmodel", "temporalio"),
    *("openai", "alembic", "starlette", "psycopg"),
}
COMMANDS = [
    *("generate", "status", "list", "pause", "resume", "cancel", "questions"),
    *("dev", "stop", "worker", "demo-model", "migrate", "doctor"),
]


@dataclass(frozen=True)
class Result:
    """How a command ended; `started`: whether it made the stack's home."""

    code: object
    stdout: str
    stderr: str
    started: bool


@pytest.fixture
def mcq(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Run `mcq` in this process, with a home of its own that is not there yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MCQ_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> Result:
        monkeypatch.setattr(sys, "argv", ["mcq", *arguments])
        with pytest.raises(SystemExit) as end:
            cli.run()
        captured = capfd.readouterr()
        return Result(end.value.code, captured.out, captured.err, (tmp_path / "home").exists())

    return run


def _assert_one_line(result: Result, *parts: str) -> None:
    """A usage error: exit 2, one line on stderr, nothing on stdout, nothing started."""
    assert (result.code, result.stdout, result.started) == (Exit.USAGE, "", False)
    (line,) = result.stderr.strip().splitlines()
    assert line.startswith("mcq: ") and all(part in line for part in parts), line


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    """Who asks for help waits for no worker, database or graph."""
    program = """
import json, sys
from cli import app
for arguments in (["--help"], ["status", "--help"]):
    app(arguments, standalone_mode=False)
json.dump(sorted({name.partition(".")[0] for name in sys.modules}), sys.stderr)
"""
    result = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "MCQ_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert result.stdout.count("Usage") == 2
    assert set(json.loads(result.stderr)) & HEAVY == set()


def test_every_command_is_listed_with_what_it_does(mcq: Callable[..., Result]) -> None:
    """The list is the manual's first page."""
    lines = mcq("--help").stdout.splitlines()
    for command in COMMANDS:
        (line,) = [line for line in lines if line.strip("│ ").split()[:1] == [command]]
        assert len(line.split()) > 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WORKFLOW_WINDOW", "0"),
        ("OPENAI_PRICES", "cheap"),
        ("LOG_LEVEL", "loud"),
        ("DEMO_MODEL_LATENCY", "soon"),
        ("DEMO_MODEL_FAULTS", "chaos"),
    ],
)
def test_a_wrong_setting_is_one_clear_line(
    mcq: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """Exit 2 and the setting's name."""
    monkeypatch.setenv(name, value)
    _assert_one_line(mcq("demo-model", "--port", "0"), name)


def test_content_that_is_missing_is_one_clear_line(mcq: Callable[..., Result]) -> None:
    """Told before any part of the stack starts."""
    _assert_one_line(mcq("generate", "chapter.md"), "chapter.md")


def test_a_foreign_file_is_one_clear_line(mcq: Callable[..., Result], tmp_path: Path) -> None:
    """Told before any part of the stack starts, and the file is as it was."""
    (tmp_path / "content.md").write_text("Ribosomes make proteins. " * 40)
    (tmp_path / "thesis.json").write_text("My thesis.")
    _assert_one_line(mcq("generate", "content.md", "--out", "thesis.json"), "thesis.json", "--out")
    assert (tmp_path / "thesis.json").read_text() == "My thesis."


@pytest.mark.parametrize(
    "arguments",
    [
        ["generate"],
        ["generate", "x.md", "--questions", "0"],
        ["generate", "x.md", "--questions", "1001"],
        ["generate", "x.md", "--temperature", "3"],
        ["generate", "x.md", "--window", "65"],
        ["generate", "x.md", "--on-interrupt", "explode"],
        ["demo-model", "--port", "70000"],
        ["dance"],
    ],
    ids=" ".join,
)
def test_a_wrong_option_is_exit_2(mcq: Callable[..., Result], arguments: list[str]) -> None:
    """The option parser's own code; nothing is started."""
    result = mcq(*arguments)
    assert (result.code, result.started) == (Exit.USAGE, False)
    assert "Traceback" not in result.stderr


def test_exit_codes_are_distinct_and_explained() -> None:
    """Scripts branch on them; each has a comment in the enumeration, but OK, which needs none."""
    assert {code.name: code.value for code in Exit} == {
        "OK": 0,
        "FAILED": 1,
        "USAGE": 2,
        "UNAVAILABLE": 3,
        "PAUSED": 4,
        "CANCELLED": 5,
        "INTERRUPTED": 130,
    }
    source = (ROOT / "commands" / "exit_codes.py").read_text(encoding="utf-8")
    (cls,) = [node for node in parse(source).body if isinstance(node, ast.ClassDef)]
    lines = source.splitlines()
    for node in cls.body:
        if isinstance(node, ast.Assign) and node.targets[0].id != "OK":  # type: ignore[attr-defined]
            assert lines[node.lineno - 2].strip().startswith("#")


def test_exit_codes_stand_in_the_readme() -> None:
    """Their docstring promises it: each number begins a row of a table."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    missing = [code.name for code in Exit if not re.search(rf"^\|\s*`?{code.value}`?\s*\|", readme, re.MULTILINE)]
    assert missing == []
