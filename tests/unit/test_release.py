"""Worker and API call themselves by the release in `pyproject.toml`: it is raised there and nowhere else."""

import pytest
from temporalio.common import WorkerDeploymentVersion

from api.app import create_app
from settings import Settings
from tests.replay.versions import under_way
from worker import version_options


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    """As they are when nothing of versions is set."""
    for name in ("WORKER_DEPLOYMENT_NAME", "WORKER_BUILD_ID"):
        monkeypatch.delenv(name, raising=False)
    return Settings(_env_file=None)


def test_a_worker_without_a_version_is_labelled_with_the_release(settings: Settings) -> None:
    """If this fails after a change of the number, what is installed is older: run `make setup`."""
    assert version_options(settings) == {"build_id": under_way()}


@pytest.mark.parametrize("build_id", [None, "a-commit"])
def test_a_worker_of_a_deployment_is_the_release_unless_told(settings: Settings, build_id: str | None) -> None:
    """As the runbook types it; WORKER_BUILD_ID goes before it."""
    named = settings.model_copy(update={"worker_deployment_name": "mcq", "worker_build_id": build_id})
    version = version_options(named)["deployment_config"].version
    assert version == WorkerDeploymentVersion("mcq", build_id or under_way())


def test_the_openapi_tells_the_release(settings: Settings) -> None:
    """Whoever makes a client from it sees of which release it is."""
    assert create_app(settings).openapi()["info"]["version"] == under_way()
