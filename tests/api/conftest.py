"""One API process and one worker process for all tests of the API; accounts of their own keep tests apart."""

import os
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from embedded.part import Addresses
from settings import Settings
from tests.api.cut import Cut, cut_api
from tests.api.server import SECRET, ApiProcess, User
from tests.support.content import sample_chapter
from tests.support.demo import DemoModel
from tests.support.worker import run_worker


@pytest.fixture(scope="package")
def api_settings(stack: Addresses, template_database: str, demo_process: DemoModel) -> Iterator[Settings]:
    """Settings of the API's own database and task queue."""
    name = f"api_{uuid.uuid4().hex}"
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template_database.rpartition('/')[2]}")
    yield Settings(
        _env_file=None,
        database_url=f"{stack.database_url.rsplit('/', 1)[0]}/{name}",
        temporal_address=stack.temporal_address,
        task_queue=f"api-{uuid.uuid4().hex[:8]}",
        openai_base_url=demo_process.url,
        openai_model="demo-model",
        workflow_mirror_delay=0.2,
        worker_drain_timeout=0,
        api_secret_key=SECRET,
    )
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="package")
def api(api_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiProcess]:
    """The API, with nobody who writes questions yet."""
    with ApiProcess(api_settings, tmp_path_factory.mktemp("api")) as api:
        yield api


@pytest.fixture(scope="package")
def worker_process(api_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A worker that writes what the API is asked for."""
    with start_worker(api_settings, tmp_path_factory.mktemp("worker")) as process:
        yield
        process.terminate()
        process.wait(30)


def start_worker(settings: Settings, folder: Path) -> "subprocess.Popen[str]":
    """A worker process; end it before leaving its context."""
    log = (folder / f"worker-{os.urandom(4).hex()}.log").open("wb")
    return run_worker(settings, folder, log, WORKER_DRAIN_TIMEOUT="0")


@pytest.fixture
def user(api: ApiProcess) -> Iterator[User]:
    """Somebody new."""
    user = User(api.url, f"{uuid.uuid4().hex}@school.example")
    yield user
    user.client.close()


@pytest.fixture
def other(api: ApiProcess) -> Iterator[User]:
    """Somebody else."""
    other = User(api.url, f"{uuid.uuid4().hex}@school.example")
    yield other
    other.client.close()


@pytest.fixture
def quiz_with_content(user: User) -> Callable[[], str]:
    """Makes a quiz of `user` with the sample chapter in it."""
    text = sample_chapter().text
    return lambda: user.quiz("Cell biology", text=text)


@pytest.fixture(scope="package")
def cut_off(api_settings: Settings, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cut]:
    """An API whose ways to PostgreSQL and Temporal can be cut."""
    with cut_api(api_settings, template_database, tmp_path_factory.mktemp("cut")) as cut:
        yield cut


@pytest.fixture
def cut(cut_off: Cut) -> Iterator[Cut]:
    """The same, whole before and after."""
    cut_off.mend()
    yield cut_off
    cut_off.mend()
