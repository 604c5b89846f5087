"""An owner that is killed takes nothing with it."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from embedded import keeper
from embedded.stack import Stack
from tests.integration.embedded.helpers import (
    OtherUser,
    eventually,
    kill,
    lives,
    part_pid,
    restarted,
    settings_for,
    toy,
)


def test_next_start_adopts_what_still_runs(home: Path, other_user: Callable[..., OtherUser]) -> None:
    """The parts of a killed owner are found: the same processes are used, and stopped by the new owner."""
    killed = other_user(postgres=True, temporal=True)
    killed.kill()
    pids = [part_pid(home, part) or 0 for part in ("postgres", "temporal")]
    assert all(lives(pid) for pid in pids)
    with Stack(settings_for(home, postgres=True, temporal=True)) as stack:
        assert stack.addresses.database_url == killed.ready["database_url"]
        assert [part_pid(home, part) for part in ("postgres", "temporal")] == pids
        psycopg.connect(stack.addresses.database_url).close()
    assert not any(lives(pid) for pid in pids)


def test_next_start_starts_what_died_meanwhile(home: Path, other_user: Callable[..., OtherUser]) -> None:
    """A part that died while nobody watched is started again, with its data; the others are adopted."""
    killed = other_user(postgres=True, toys={"toy": {}})
    with psycopg.connect(killed.ready["database_url"]) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    killed.kill()
    pid, toy_pid = part_pid(home, "postgres") or 0, part_pid(home, "toy")
    kill(pid)
    with Stack(settings_for(home, postgres=True), extra_parts=[toy()]) as stack:
        assert part_pid(home, "toy") == toy_pid
        assert part_pid(home, "postgres") != pid
        with psycopg.connect(stack.addresses.database_url) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_other_user_takes_over(home: Path, other_user: Callable[..., OtherUser]) -> None:
    """Another user takes over from a killed owner at once, and starts again what dies from then on."""
    owner = other_user(toys={"toy": {}})
    reports: list[str] = []
    with Stack(settings_for(home), extra_parts=[toy()], report=reports.append):
        pid = part_pid(home, "toy") or 0
        owner.kill()
        eventually(lambda: any("taking over" in report for report in reports), "taken over")
        assert part_pid(home, "toy") == pid
        kill(pid)
        restarted(home, "toy", pid)


def test_part_that_does_not_answer_is_replaced(
    home: Path, other_user: Callable[..., OtherUser], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that is there but doesn't serve isn't adopted: it is ended and started again."""
    monkeypatch.setattr(keeper, "_ADOPT_TIMEOUT", 0.3)
    other_user(toys={"toy": {}}).kill()
    pid = part_pid(home, "toy") or 0
    os.kill(pid, signal.SIGSTOP)
    with Stack(settings_for(home), extra_parts=[toy(stop_timeout=0.3)]):
        assert not lives(pid)
        assert part_pid(home, "toy") != pid


def test_pid_of_somebody_else_is_left_alone(home: Path, other_user: Callable[..., OtherUser]) -> None:
    """A pid that belongs to another program by now, as after a reboot, is neither adopted nor stopped."""
    other_user(toys={"toy": {}}).kill()
    kill(part_pid(home, "toy") or 0)
    file = home / "stack.json"
    state = json.loads(file.read_text())
    state["parts"]["toy"]["pid"] = os.getpid()
    file.write_text(json.dumps(state))
    with Stack(settings_for(home), extra_parts=[toy()]):
        assert part_pid(home, "toy") != os.getpid()
    assert lives(os.getpid())


def test_part_that_nobody_wrote_down_is_replaced(home: Path, other_user: Callable[..., OtherUser]) -> None:
    """With the state file lost, the processes of the earlier stack are found by their mark and stopped first."""
    killed = other_user(postgres=True)
    pid = part_pid(home, "postgres") or 0
    killed.kill()
    (home / "stack.json").unlink()
    with Stack(settings_for(home, postgres=True)) as stack:
        assert not lives(pid)
        psycopg.connect(stack.addresses.database_url).close()
