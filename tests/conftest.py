"""The real parts that tests share: one stack a session, a copy of a template database a test, the demo model."""

import os
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
from temporalio.client import Client

from embedded.part import Addresses
from embedded.stack import Stack
from settings import Settings
from storage.migrate import migrate
from temporal_client import connect
from tests.support.demo import DemoModel
from tests.support.homes import new_home, remove_home
from tests.support.leftovers import collect_leftovers, keep_what_is_imported
from tests.support.world import World

TEMPLATE = "mcq_template"
ROOT = Path(__file__).parent.parent
_SETTINGS = ("TEMPORAL_", "MCQ_", "OPENAI_", "WORKFLOW_", "WORKER_", "DEMO_MODEL_", "PAYLOAD_", "CODEC_", "CRASH_")


def pytest_addoption(parser: pytest.Parser) -> None:
    """What a longer run than that of every day may ask for."""
    parser.addoption("--soak-rounds", type=int, default=4, help="rounds of the soak in tests/chaos/test_soak.py")


def pytest_sessionstart() -> None:
    """No setting of the developer's own reaches the tests."""
    for name in list(os.environ):
        if name.startswith(_SETTINGS) or name == "DATABASE_URL":
            del os.environ[name]


def pytest_sessionfinish() -> None:
    """What lived as long as the session's event loop."""
    collect_leftovers()


@pytest.fixture(scope="session")
def stack() -> Iterator[Addresses]:
    """PostgreSQL and Temporal for the whole session."""
    home = new_home()
    with Stack(Settings(_env_file=None, mcq_home=home)) as running:
        yield running.addresses
    remove_home(home)


@pytest.fixture(scope="session")
def template_database(stack: Addresses) -> str:
    """The URL of a migrated database that nobody writes to."""
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {TEMPLATE}")
    url = _named(stack.database_url, TEMPLATE)
    migrate(url)
    return url


@pytest.fixture
def database_url(stack: Addresses, template_database: str) -> Iterator[str]:
    """The URL of this test's own database, a copy of the template."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield _named(stack.database_url, name)
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def demo_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoModel]:
    """The demo model's server as a process of its own."""
    with DemoModel(tmp_path_factory.mktemp("demo-model")) as demo:
        yield demo


@pytest.fixture
def demo(demo_process: DemoModel) -> Iterator[DemoModel]:
    """The demo model without faults, before and after."""
    demo_process.clear_faults()
    yield demo_process
    demo_process.clear_faults()


@pytest.fixture(scope="session")
async def temporal(stack: Addresses) -> Client:
    """A client of the session's Temporal server."""
    return await connect(Settings(_env_file=None, temporal_address=stack.temporal_address))


@pytest.fixture
async def world(stack: Addresses, database_url: str, demo: DemoModel, temporal: Client) -> AsyncIterator[World]:
    """Stores, service and an optional worker on this test's database and task queue."""
    settings = Settings(
        _env_file=None,
        database_url=database_url,
        temporal_address=stack.temporal_address,
        task_queue=f"test-{uuid.uuid4().hex[:8]}",
        openai_base_url=demo.url,
        openai_model="demo-model",
        workflow_mirror_delay=0.2,
        worker_drain_timeout=0,
    )
    keep_what_is_imported()
    async with World(settings, temporal, demo) as world:
        yield world
    collect_leftovers()


def _named(url: str, database: str) -> str:
    return url.rsplit("/", 1)[0] + "/" + database
