"""Bandit finds nothing in the product's code but what stands here with a reason."""

import json
import re
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
# Single findings that are none: (rule, file, the string or the code) -> why.
_NAMES = "authorization|password|passwd|secret|secret_key|token|api_?key|apikey|database_url|cookie|private_key"
_OF_BENCH = 'with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/healthz", timeout=5) as answer:'
ACCEPTED = {
    ("B105", "telemetry.py", _NAMES): "the names of secrets, not secrets",
    ("B105", "api/schemas.py", "correct horse"): "an example in the OpenAPI",
    ("B105", "embedded/postgres.py", "scram-sha-256"): "the name of a method",
    ("B105", "bench/world.py", "a secret of a measurement on this machine"): "of an API that lives for a measurement",
    ("B310", "deploy/healthcheck.py", "urllib.request.urlopen(sys.argv[1], timeout=4).close()"): "the container's own",
    ("B310", "bench/world.py", _OF_BENCH): "the address of what was just started",
}
OPTIONS = ("--quiet", "--ignore-nosec", "--format", "json", "--recursive")
FOLDERS = [*PACKAGES, "bench", "deploy", "tools"]
Found = tuple[str, str, str]


@cache
def _findings() -> dict[Found, list[str]]:
    """(rule, file, the string or the code) -> where and what, with no `nosec` taken into account."""
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
    found = dict[Found, list[str]]()
    for one in report["results"]:
        rule, file, text = one["test_id"], one["filename"].removeprefix("./"), one["issue_text"]
        string = re.fullmatch(r"Possible hardcoded password: '(.*)'", text, re.DOTALL)
        what = string[1] if string else _code(file, one["line_range"])
        found.setdefault((rule, file, what), []).append(f"{file}:{one['line_number']}: {rule} {text}")
    return found


def _code(file: str, numbers: list[int]) -> str:
    """What stands at these lines, without comments."""
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    return " ".join(lines[number - 1].partition("  # ")[0].strip() for number in numbers)


def test_nothing_is_found() -> None:
    """A new finding is mended, or gets its reason above; a second one in accepted code is a new one."""
    news = [lines[1:] if key in ACCEPTED else lines for key, lines in _findings().items()]
    assert [line for lines in news for line in lines] == []


def test_every_exception_is_needed() -> None:
    """What is not found any more leaves the table."""
    assert ACCEPTED.keys() - _findings().keys() == set()


def test_no_line_silences_bandit() -> None:
    """Exceptions stand here, each with its reason, and not as a `nosec` at a line."""
    files = [path for name in FOLDERS for path in (ROOT / name).rglob("*.py")] + list(ROOT.glob("*.py"))
    assert [str(path.relative_to(ROOT)) for path in files if "nosec" in path.read_text(encoding="utf-8")] == []
