"""No locked package has a known weakness, as far as the data about them can be reached from here."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.unit.product_code import ROOT

SECONDS = 120
# Weaknesses that do not concern us: id -> why.
ACCEPTED = dict[str, str]()


def _audit() -> subprocess.CompletedProcess[str] | None:
    """pip-audit over the lock, without resolving anything; None when it did not end in time."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", "requirements.lock", "--no-deps", "--disable-pip"]
    command += ["--format", "json", "--progress-spinner", "off", "--timeout", "15"]
    try:
        return subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        return None


def _packages(output: str) -> list[dict[str, Any]] | None:
    """What was audited; None when there is no report: then nothing was looked at, which is no finding."""
    try:
        packages = json.loads(output)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return None
    return packages if isinstance(packages, list) and packages else None


def _weak(packages: list[dict[str, Any]]) -> list[str]:
    return [
        f"{one['name']} {one['version']}: {weakness['id']}"
        for one in packages
        for weakness in one.get("vulns", [])
        if weakness["id"] not in ACCEPTED
    ]


def _unknown(packages: list[dict[str, Any]]) -> list[str]:
    return [one["name"] for one in packages if "skip_reason" in one]


def test_no_locked_package_has_a_known_weakness() -> None:
    """Skipped where the data is out of reach, with the reason; docs/security.md tells how to run it by hand."""
    done = _audit()
    if done is None:
        pytest.skip(f"pip-audit got no answer within {SECONDS} s: the data about weaknesses cannot be reached")
    packages = _packages(done.stdout)
    if packages is None:
        reason = (done.stderr.strip().splitlines() or ["no word"])[-1][:200]
        pytest.skip(f"the data about weaknesses cannot be reached from here: {reason}")
    unknown = _unknown(packages)
    if len(unknown) == len(packages):  # an index that knows no package at all is a mirror without these data
        pytest.skip(f"the data about weaknesses cannot be reached from here: {packages[0]['skip_reason'][:200]}")
    assert _weak(packages) == []
    assert unknown == [], "nothing is known of these packages, so nothing was found"


def test_a_weakness_is_told_from_an_outage() -> None:
    """A report with a finding is one; an error or half an answer is no report, and never passes for a clean one."""
    weak = {"name": "a", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]}
    packages = _packages(json.dumps({"dependencies": [weak], "fixes": []}))
    assert packages is not None and _weak(packages) == ["a 1: CVE-1"]
    for output in ("", "ERROR: no connection", "{", "[]", '{"dependencies": []}', '{"dependencies": null}'):
        assert _packages(output) is None
    assert _unknown([weak, {"name": "b", "skip_reason": "not found"}]) == ["b"]
