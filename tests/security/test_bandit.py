"""Bandit finds nothing in the product's code but what stands here with a reason."""

import json
import subprocess
import sys
from functools import cache

from tests.unit.product_code import PACKAGES, ROOT

# Rules that find what is meant as it is written; Ruff's S rules are on besides, with their own exceptions.
SKIPPED = {
    "B101": "assert tells mypy what holds; nothing is guarded by one",
    "B311": "random is for seeded choices and jitter, never for secrets",
    "B404": "starting programs is what the embedded stack does",
    "B603": "no shell, and the programs are named by us",
    "B607": "the same for programs that are found on the PATH",
}
# Single findings that are none: (rule, file) -> why.
ACCEPTED = {
    ("B105", "telemetry.py"): "the names of secrets, not secrets",
    ("B105", "api/schemas.py"): "an example in the OpenAPI",
    ("B105", "embedded/postgres.py"): "the name of a method: scram-sha-256",
    ("B310", "deploy/healthcheck.py"): "the address is the container's own",
}
OPTIONS = ("--quiet", "--ignore-nosec", "--format", "json", "--recursive")
FOLDERS = [*PACKAGES, "deploy", "tools"]


@cache
def _findings() -> dict[tuple[str, str], list[str]]:
    """(rule, file) -> where and what, with no `nosec` taken into account."""
    paths = [name for name in FOLDERS if (ROOT / name).is_dir()] + [path.name for path in ROOT.glob("*.py")]
    done = subprocess.run(
        [sys.executable, "-m", "bandit", *OPTIONS, "--skip", ",".join(SKIPPED), *paths],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    report = json.loads(done.stdout)
    assert report["errors"] == [] and report["metrics"]["_totals"]["loc"] > 10_000, done.stderr
    found = dict[tuple[str, str], list[str]]()
    for one in report["results"]:
        key = (one["test_id"], one["filename"].removeprefix("./"))
        found.setdefault(key, []).append(f"{key[1]}:{one['line_number']}: {key[0]} {one['issue_text']}")
    return found


def test_nothing_is_found() -> None:
    """A new finding is mended, or gets its reason above."""
    assert [line for key, lines in _findings().items() if key not in ACCEPTED for line in lines] == []


def test_every_exception_is_needed() -> None:
    """What is not found any more leaves the table."""
    assert ACCEPTED.keys() - _findings().keys() == set()


def test_no_line_silences_bandit() -> None:
    """Exceptions stand here, each with its reason, and not as a `nosec` at a line."""
    files = [path for name in FOLDERS for path in (ROOT / name).rglob("*.py")] + list(ROOT.glob("*.py"))
    assert [str(path.relative_to(ROOT)) for path in files if "nosec" in path.read_text(encoding="utf-8")] == []
