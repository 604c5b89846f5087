"""No locked package has a known weakness, as far as the data about them can be reached from here."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from tests.unit.product_code import ROOT

SECONDS = 120
LOCK = ROOT / "requirements.lock"
# Weaknesses that do not concern us: id -> why.
ACCEPTED = dict[str, str]()
# What requests raises about the way to the service, or about an answer that is none; pip-audit lets it through.
_OF_REQUESTS = (
    *("ConnectionError", "ConnectTimeout", "ReadTimeout", "Timeout", "ProxyError", "SSLError"),
    *("ChunkedEncodingError", "ContentDecodingError", "JSONDecodeError"),
)
# How the last line of an outage begins: with one of these, with pip-audit's own error for the service, or with its
# advice after one of connection. What it says of options or of the lock begins otherwise.
OUT_OF_REACH = (
    *(f"requests.exceptions.{name}" for name in _OF_REQUESTS),
    "pip_audit._service.interface.ServiceError",
    "ERROR:pip_audit._cli:Tip: your network may be blocking this service.",
)


def _audit(*more: str, lock: Path = LOCK, **environment: str) -> subprocess.CompletedProcess[str] | None:
    """pip-audit over a lock, without resolving anything; None when it did not end in time."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(lock), "--no-deps", "--disable-pip"]
    command += ["--format", "json", "--progress-spinner", "off", "--timeout", "15", *more]
    try:
        return subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        return None


def _outage(said: str) -> str | None:
    """The last line of what it said, if that is about the way to the service; None if it is about anything else."""
    last = (said.strip().splitlines() or [""])[-1]
    return last[:200] if last.startswith(OUT_OF_REACH) else None


def _pinned() -> int:
    """How many packages the lock pins for this machine."""
    lines = [line for line in LOCK.read_text(encoding="utf-8").splitlines() if line[:1].isalnum()]
    requirements = [Requirement(line.removesuffix("\\")) for line in lines]
    return sum(one.marker is None or one.marker.evaluate() for one in requirements)


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


def test_every_locked_package_is_audited() -> None:
    """The same options over the same lock, up to the first question to the service: nothing of it needs the network."""
    done = _audit("--dry-run")
    assert done is not None and done.returncode == 0, done
    assert f"would have audited {_pinned()} packages" in done.stderr
    assert _pinned() > 100


def test_no_locked_package_has_a_known_weakness() -> None:
    """Skipped where the data is out of reach, with the reason; docs/security.md tells how to run it by hand."""
    done = _audit()
    if done is None:
        pytest.skip(f"pip-audit got no answer within {SECONDS} s: the data about weaknesses cannot be reached")
    packages = _packages(done.stdout)
    if packages is None:
        outage = _outage(done.stderr)
        assert outage is not None, done.stderr
        pytest.skip(f"the data about weaknesses cannot be reached from here: {outage}")
    unknown = _unknown(packages)
    # An index that finds no package at all is a mirror without these data.
    if all(one.get("skip_reason", "").startswith("Dependency not found") for one in packages):
        pytest.skip(f"the data about weaknesses cannot be reached from here: {packages[0]['skip_reason'][:200]}")
    assert _weak(packages) == []
    assert unknown == [], "nothing is known of these packages, so nothing was found"


@pytest.mark.parametrize("content", ["httpx\n", "httpx>=0.28\n", "no requirement !\n", None])
def test_a_mistake_of_ours_is_no_outage(content: str | None, tmp_path: Path) -> None:
    """A lock that is not there, or pins nothing, fails the audit; it must not be left out for it."""
    lock = tmp_path / "requirements.lock"
    if content is not None:
        lock.write_text(content)
    done = _audit(lock=lock)
    assert done is not None and done.returncode != 0
    assert (_packages(done.stdout), _outage(done.stderr)) == (None, None), done.stderr


def test_a_wrong_option_is_no_outage() -> None:
    """Nor is one that pip-audit does not know."""
    done = _audit("--no-such-option")
    assert done is not None and (_packages(done.stdout), _outage(done.stderr)) == (None, None)


def test_a_weakness_is_told_from_an_outage() -> None:
    """A report with a finding is one; an error or half an answer is no report, and never passes for a clean one."""
    weak = {"name": "a", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]}
    packages = _packages(json.dumps({"dependencies": [weak], "fixes": []}))
    assert packages is not None and _weak(packages) == ["a 1: CVE-1"]
    for output in ("", "ERROR: no connection", "{", "[]", '{"dependencies": []}', '{"dependencies": null}'):
        assert _packages(output) is None
    assert _unknown([weak, {"name": "b", "skip_reason": "not found"}]) == ["b"]


def test_a_way_that_is_shut_is_an_outage(tmp_path: Path) -> None:
    """As pip-audit itself tells of a proxy that nobody listens at. Its cache is empty, or that would answer instead."""
    shut = "http://127.0.0.1:1"
    done = _audit("--cache-dir", str(tmp_path), HTTPS_PROXY=shut, https_proxy=shut, NO_PROXY="", no_proxy="")
    assert done is not None and _packages(done.stdout) is None
    assert _outage(done.stderr) is not None, done.stderr


def test_an_outage_is_told_by_its_last_line() -> None:
    """Where the error stands; what a mistake says of connections on the way is no outage."""
    tip = "Tip: your network may be blocking this service. Try another service with `-s SERVICE`"
    for outage in ("requests.exceptions.ReadTimeout: Read timed out.", f"ERROR:pip_audit._cli:{tip}"):
        assert _outage(f"before\n{outage}\n") is not None
        assert _outage(f"{outage}\nKeyError: 'connection'\n") is None
    assert _outage("") is None
