"""Requests made from the OpenAPI document, valid and not: no 500, and nothing that the document does not tell.

Schemathesis runs as its users run it; `schemathesis.toml` says what is asked, and why a check is off where one is.
"""

import os
import subprocess
import sysconfig
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from settings import Settings
from tests.api.server import ApiProcess, User
from tests.support.databases import copy_of

CONFIG = Path(__file__).parent / "schemathesis.toml"


@pytest.fixture(scope="module")
def alone(
    api_settings: Settings, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ApiProcess]:
    """An API with a database and a task queue of its own: what is started is written by nobody, and disturbs nobody."""
    with copy_of(template_database) as url:
        changes = {"database_url": SecretStr(url), "task_queue": f"alone-{uuid.uuid4().hex[:8]}"}
        with ApiProcess(api_settings.model_copy(update=changes), tmp_path_factory.mktemp("alone")) as api:
            yield api


def run(api: ApiProcess, folder: Path, *arguments: str) -> None:
    """Let schemathesis try the API, signed in as somebody new; fails with its report."""
    user = User(api.url, f"{uuid.uuid4().hex}@school.example")
    token = user.client.headers["Authorization"].removeprefix("Bearer ")
    user.client.close()
    schemathesis = Path(sysconfig.get_path("scripts")) / "schemathesis"
    command: list[str | Path] = [schemathesis, "--config-file", CONFIG, "run", *arguments]
    ran = subprocess.run(
        [*command, f"{api.url}/openapi.json"],
        cwd=folder,
        env={**os.environ, "SCHEMATHESIS_TOKEN": token},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-15_000:] + ran.stderr[-2_000:]
    assert "unexpected_error" not in api.log()


def test_single_requests(alone: ApiProcess, tmp_path: Path) -> None:
    """Each route with its examples, the borders of its schema, and invented values, right and wrong."""
    run(alone, tmp_path, "--phases", "examples,coverage,fuzzing", "--max-examples", "25")


def test_sequences_of_requests(alone: ApiProcess, tmp_path: Path) -> None:
    """What one route returns goes into the next: created, read, changed, deleted, and used after that."""
    run(alone, tmp_path, "--phases", "stateful", "--max-examples", "40")
