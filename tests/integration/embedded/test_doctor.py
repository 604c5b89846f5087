"""The doctor says what is wrong and what to do, and starts and changes nothing."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from embedded.doctor import Finding, diagnose
from embedded.part import Addresses
from embedded.stack import Stack
from settings import Settings
from tests.integration.embedded.helpers import OtherUser, contents, kill, part_pid, settings_for, toy


def _by_name(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.name: finding for finding in findings}


def test_before_the_first_start(home: Path) -> None:
    """On a fresh machine everything is fine, and nothing is made."""
    findings = diagnose(settings_for(home, postgres=True, temporal=True))
    assert {finding.status for finding in findings} == {"ok"}, findings
    assert "PostgreSQL) 18" in _by_name(findings)["PostgreSQL"].detail
    assert not home.exists()


def test_running_stack(home: Path, other_user: Callable[..., OtherUser]) -> None:
    """What runs is told with its process and user, and goes on undisturbed; a dead part is told too."""
    user = other_user(postgres=True, toys={"toy": {}})
    before = {name: text for name, text in contents(home).items() if not name.startswith("postgres/")}
    found = _by_name(diagnose(settings_for(home, postgres=True)))
    after = {name: text for name, text in contents(home).items() if not name.startswith("postgres/")}
    assert after == before
    assert found["stack"].detail == f"used by process {user.process.pid}"
    assert found["postgres process"].detail == f"running, process {part_pid(home, 'postgres')}"
    assert found["toy process"].status == "ok"
    assert found["ports"].status == "ok"
    user.kill()
    pid = part_pid(home, "toy") or 0
    kill(pid)
    found = _by_name(diagnose(settings_for(home, postgres=True)))
    assert found["stack"].detail == "nobody uses it"
    assert found["toy process"] == Finding(
        "toy process", "warn", f"process {pid} is gone", f"Read {home}/logs/toy.log; the next start starts it again."
    )


def test_what_is_broken(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each broken thing fails by its name, with the advice, and the others are still looked at."""
    with Stack(settings_for(home), extra_parts=[toy()]) as stack:
        port = int(stack.addresses.parts["toy"].split(":")[1])
    (home / "postgres").mkdir()
    (home / "postgres" / "PG_VERSION").write_text("15")
    (home / "temporal").mkdir()
    (home / "temporal" / "temporal.db").write_text("garbage")
    monkeypatch.setenv("XDG_CACHE_HOME", str(home.parent / "cache"))
    monkeypatch.setenv("PATH", "/nowhere")
    with socket.create_server(("127.0.0.1", port)):
        found = _by_name(diagnose(settings_for(home, postgres=True, temporal=True)))
    bad = {name: finding.status for name, finding in found.items() if finding.status != "ok"}
    assert bad == {
        "PostgreSQL data": "fail",
        "PostgreSQL password": "fail",
        "Temporal CLI": "warn",
        "Go": "warn",
        "Temporal data": "fail",
        "ports": "warn",
    }
    assert all(found[name].advice for name in bad)
    assert not (home.parent / "cache").exists()


def test_broken_state_and_home(home: Path) -> None:
    """An invalid state file, and a file where the folder should be, fail by name."""
    home.mkdir()
    (home / "stack.json").write_text("{")
    assert _by_name(diagnose(settings_for(home)))["stack"].status == "fail"
    (home / "stack.json").unlink()
    home.rmdir()
    home.write_text("mine")
    assert _by_name(diagnose(settings_for(home)))["MCQ_HOME"].status == "fail"


def test_external_servers_that_do_not_answer(home: Path) -> None:
    """An address where nothing listens fails, and no password is told."""
    found = _by_name(
        diagnose(
            Settings(
                _env_file=None,
                mcq_home=home,
                database_url="postgresql://me:canary@127.0.0.1:1/x",
                temporal_address="127.0.0.1:1",
            )
        )
    )
    assert found["DATABASE_URL"].status == "fail"
    assert found["TEMPORAL_ADDRESS"].status == "fail"
    assert "canary" not in repr(found)


def test_external_servers_that_answer(home: Path, running: tuple[Path, Addresses]) -> None:
    """Servers that can be used are told with their version."""
    _, addresses = running
    found = _by_name(
        diagnose(
            Settings(
                _env_file=None,
                mcq_home=home,
                database_url=addresses.database_url,
                temporal_address=addresses.temporal_address,
            )
        )
    )
    assert found["DATABASE_URL"].detail.endswith("/mcq, PostgreSQL 18")
    assert found["TEMPORAL_ADDRESS"].detail == f"{addresses.temporal_address}, namespace default, server 1.29.1"
