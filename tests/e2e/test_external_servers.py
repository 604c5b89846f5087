"""Servers of the user's own in the place of the embedded ones."""

import json

import pytest

from embedded.part import Addresses
from tests.e2e.mcq import SAMPLE, Mcq


def test_generate_uses_the_servers_that_it_is_told(mcq: Mcq, stack: Addresses, database_url: str) -> None:
    """With DATABASE_URL and TEMPORAL_ADDRESS set nothing of the embedded stack but worker and demo model runs."""
    mcq.environment |= {
        "DATABASE_URL": database_url,
        "TEMPORAL_ADDRESS": stack.temporal_address,
        "TASK_QUEUE": "external-servers",
    }
    finished = mcq.finish(mcq.generate(5))
    assert (finished.code, finished.json["completed"]) == (0, 5), finished.err
    assert not (mcq.home / "postgres").exists()
    assert not (mcq.home / "temporal").exists()
    ports = json.loads((mcq.home / "stack.json").read_text())["ports"]
    assert set(ports) == {"demo-model", "worker"}


@pytest.mark.parametrize("command", [["generate", str(SAMPLE)], ["list"], ["migrate"]])
def test_a_database_that_cannot_be_reached_is_told(mcq: Mcq, command: list[str]) -> None:
    """Exit code 3, why and where to look; nobody has to read a traceback for that."""
    mcq.environment |= {"DATABASE_URL": "postgresql://nobody:nothing@127.0.0.1:1/none"}
    ended = mcq.run(*command)
    assert ended.code == 3
    assert "mcq: PostgreSQL: connection failed" in ended.err and "DATABASE_URL" in ended.err
    assert "Traceback" not in ended.err and "nothing" not in ended.err


def test_a_temporal_that_cannot_be_reached_is_told(mcq: Mcq, database_url: str) -> None:
    """The same, before a worker is started that would give up."""
    mcq.environment |= {"DATABASE_URL": database_url, "TEMPORAL_ADDRESS": "127.0.0.1:1"}
    ended = mcq.finish(mcq.generate(3))
    assert ended.code == 3
    assert "mcq: Temporal: 127.0.0.1:1: " in ended.err and "TEMPORAL_ADDRESS" in ended.err
    assert "Traceback" not in ended.err


def test_migrate_prepares_servers_of_ones_own(mcq: Mcq, stack: Addresses, database_url: str) -> None:
    """`mcq migrate` is harmless to repeat and names what it did."""
    mcq.environment |= {"DATABASE_URL": database_url, "TEMPORAL_ADDRESS": stack.temporal_address}
    for _ in range(2):
        ended = mcq.run("migrate")
        assert ended.code == 0, ended.err
    assert "none were missing" in ended.err
