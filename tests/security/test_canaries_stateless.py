"""Secrets stay where they belong without Temporal too: the API's own process asks the provider and tells of it."""

from contextlib import closing
from pathlib import Path

import psycopg

from domain.statuses import Status
from settings import Settings
from tests.api.server import ApiProcess, User
from tests.security.canaries import environment_of
from tests.security.echo import Echo
from tests.security.sightings import Sightings
from tests.security.tapped import Tapped
from tests.support.content import sample_chapter
from tests.support.demo import DemoModel
from tests.support.waiting import until_now

# Where generations like those below leave traces.
PLACES = {
    *("API's log", "API's answers", "API's events", "API's OpenAPI", "table user", "table workflow_state"),
    *("table workflow_event", "table model_call", "table question", "table source_document"),
}
STATELESS = {"ENABLE_WORKFLOW_PERSISTENCE": "false", "TEMPORAL_ADDRESS": "127.0.0.1:1", "LOG_LEVEL": "DEBUG"}


def test_no_secret_leaves_its_place_without_temporal(
    role: str, demo: DemoModel, canaries: dict[str, str], tmp_path: Path
) -> None:
    """Generations that end with an echo of the key, one that a crash ends, one that outlasts refusals."""
    with Echo(demo.url) as provider:
        settings = Settings(_env_file=None, database_url=role, openai_base_url=provider.url, openai_model="demo-model")
        with ApiProcess(settings, tmp_path, processes=1, **environment_of(canaries), **STATELESS) as api:
            user = User(api.url, "canary@school.example", canaries["password"])
            with closing(Tapped(user)) as tapped:
                sightings = Sightings({**canaries, "bearer token": tapped.bearer.removeprefix("Bearer ")})
                quiz_id = user.quiz("Cells", text=sample_chapter().text)
                _be_refused(user, quiz_id, provider)
                _crash(user, quiz_id, api, role)
                _outlast_refusals(user, quiz_id, provider)
                for address in (f"/quiz/{quiz_id}/questions", f"/quiz/{quiz_id}/documents", "/metrics", "/readyz"):
                    tapped.get(address).raise_for_status()
                events = tapped.events(quiz_id)
                assert any("(401" in event for event in events) and any("unexpected" in event for event in events)
                sightings.look_at_each("API's events", events)
                sightings.look("API's OpenAPI", tapped.get("/openapi.json").raise_for_status().text)
                sightings.look_at_each("API's answers", tapped.answers)
            sightings.look("API's log", api.log())
            sightings.look_at_database(role)
        assert sightings.found == set()
        assert {place for place, size in sightings.looked_at.items() if size} >= PLACES
        assert provider.seen == {f"Bearer {canaries['OPENAI_API_KEY']}"}, "the key was in use"


def _be_refused(user: User, quiz_id: str, provider: Echo) -> None:
    """Each refusal ends a generation, with the reason."""
    for status in (401, 403, 400, 404, 422):
        provider.status = status
        ended = user.until_status(quiz_id, user.generate(quiz_id, 6), Status.FAILED)
        assert f"({status}" in str(ended)
    provider.status = 200


def _crash(user: User, quiz_id: str, api: ApiProcess, url: str) -> None:
    """A table is gone: the generation ends with an error that names a statement."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER TABLE model_call RENAME TO elsewhere")
        workflow_id = user.generate(quiz_id, 6)
        until_now(api.log, lambda log: "generation_broke" in log, 60)
        connection.execute("ALTER TABLE elsewhere RENAME TO model_call")
    assert "unexpected error" in str(user.until_status(quiz_id, workflow_id, Status.FAILED))


def _outlast_refusals(user: User, quiz_id: str, provider: Echo) -> None:
    """What passes is waited for, and told meanwhile."""
    provider.status = 500
    workflow_id = user.generate(quiz_id, 6)
    until_now(lambda: str(user.status(quiz_id, workflow_id)), lambda told: "(500" in told, 60)
    provider.status = 200
    user.until_status(quiz_id, workflow_id, Status.COMPLETED)
