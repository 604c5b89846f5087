"""The API without Temporal: the same routes, and plain words for what cannot be done."""

import uuid
from collections.abc import Iterator

import pytest

from settings import Settings
from tests.api.events import is_end, reading, slots, until
from tests.api.server import ApiProcess, User
from tests.support.content import sample_chapter


@pytest.fixture(scope="module")
def stateless(api_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiProcess]:
    """An API process that has never heard of Temporal."""
    folder = tmp_path_factory.mktemp("stateless")
    with ApiProcess(
        api_settings, folder, ENABLE_WORKFLOW_PERSISTENCE="false", TEMPORAL_ADDRESS="127.0.0.1:1"
    ) as process:
        yield process


@pytest.fixture
def teacher(stateless: ApiProcess) -> User:
    """Somebody new."""
    return User(stateless.url, f"{uuid.uuid4().hex}@school.example")


def test_questions_are_written_without_temporal(teacher: User) -> None:
    """Start, events, status and questions are those of the durable service."""
    quiz_id = teacher.quiz("Cell biology", text=sample_chapter().text)
    with reading(teacher.client, quiz_id, after="0") as events:
        workflow_id = teacher.generate(quiz_id, 6)
        assert sorted(slots(until(events, is_end))) == list(range(6))
    status = teacher.status(quiz_id, workflow_id)
    assert (status["status"], status["progress"]["completed"]) == ("completed", 6)


def test_pause_and_resume_say_what_they_need(teacher: User) -> None:
    """409 with the setting's name; a cancel works, and nothing is offered for resuming."""
    quiz_id = teacher.quiz("Cell biology", text=sample_chapter().text)
    where = {"workflow_id": teacher.generate(quiz_id, 200)}
    for action in ("pause", "resume"):
        refused = teacher.client.post(f"/quiz/{quiz_id}/{action}-generation", params=where)
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/needs-persistence")
        assert "ENABLE_WORKFLOW_PERSISTENCE" in refused.json()["detail"]
    assert teacher.client.post(f"/quiz/{quiz_id}/cancel-generation", params=where).status_code == 202
    status = teacher.until_status(quiz_id, where["workflow_id"], "cancelled")
    assert not status["can_resume"]
    assert teacher.client.get(f"/quiz/{quiz_id}/generation-status").json() == {"items": []}


def test_it_is_ready_without_a_worker(teacher: User) -> None:
    """Temporal and workers are not needed, and the answer says so."""
    answer = teacher.client.get("/readyz")
    assert (answer.status_code, answer.json()) == (
        200,
        {"ready": True, "database": True, "temporal": None, "workers": None},
    )
