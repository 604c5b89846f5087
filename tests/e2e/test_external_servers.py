"""Servers of the user's own in the place of the embedded ones."""

import json

from embedded.part import Addresses
from tests.e2e.mcq import Mcq


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


def test_migrate_prepares_servers_of_ones_own(mcq: Mcq, stack: Addresses, database_url: str) -> None:
    """`mcq migrate` is harmless to repeat and names what it did."""
    mcq.environment |= {"DATABASE_URL": database_url, "TEMPORAL_ADDRESS": stack.temporal_address}
    for _ in range(2):
        ended = mcq.run("migrate")
        assert ended.code == 0, ended.err
    assert "none were missing" in ended.err
