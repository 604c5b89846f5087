"""Secrets stay where they belong: canaries in every secret setting, failures of all kinds, a look at every trace."""

import socket
import subprocess
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx2
import psycopg
import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.history.v1 import HistoryEvent
from temporalio.envconfig import ClientConfig

from domain.statuses import Status
from payloads.codec import EncryptionCodec
from payloads.keys import Key
from settings import Settings
from tests.api.server import ApiProcess, User
from tests.payloads.running import CodecServer, temporal
from tests.security.canaries import OF_SETTINGS, OF_TEMPORAL, environment_of
from tests.security.codec import ask_for_all
from tests.security.echo import Echo
from tests.security.sightings import Sightings
from tests.security.tapped import Tapped
from tests.support.content import ROOT, sample_chapter
from tests.support.demo import DemoModel
from tests.support.proxy import Proxy, Way
from tests.support.waiting import until_now
from tests.support.worker import run_worker
from tests.support.world import World
from tests.unit.payloads.made import OLD

# Where a generation like the one below leaves traces.
PLACES = {
    *("history", "history as JSON", "decrypted payloads", "description", "search attributes", "worker's log"),
    *("worker's metrics", "codec server's log", "codec server's answers", "history through the codec server"),
    *("API's log", "API's answers", "API's events", "API's OpenAPI", "table user", "table workflow_state"),
    *("table workflow_event", "table model_call", "table question", "table source_document", "table sign_in_failure"),
}


@dataclass(frozen=True)
class Haunted:
    """The service with canaries in it, and the ways to trouble it."""

    world: World
    api: ApiProcess
    way: Proxy
    provider: Echo
    start_worker: Callable[..., "subprocess.Popen[str]"]
    log: Path


@pytest.fixture
def haunted(
    world: World, demo: DemoModel, role: str, canaries: dict[str, str], keys: tuple[Key, ...], tmp_path: Path
) -> Iterator[Haunted]:
    """The service as processes at DEBUG, on a way to PostgreSQL that can be cut and a provider that echoes."""
    address = role.rpartition("@")[2].partition("/")[0]
    with Proxy(address) as way, Echo(demo.url) as provider, (tmp_path / "worker.log").open("wb") as stderr:
        kept = world.settings.model_dump(exclude={"database_url", "openai_base_url"})
        url = role.replace(address, way.address)
        settings = Settings(_env_file=None, **kept, database_url=url, openai_base_url=provider.url)
        environment = environment_of(canaries) | {"LOG_LEVEL": "DEBUG"}
        environment |= {"WORKER_DRAIN_TIMEOUT": "0", "RECONCILE_INTERVAL": "0.5"}
        workers = list[subprocess.Popen[str]]()

        def start_worker(**more: str) -> "subprocess.Popen[str]":
            workers.append(run_worker(settings, tmp_path, stderr, ROOT, **environment, **more))
            return workers[-1]

        with ApiProcess(settings, tmp_path, processes=1, **environment) as api:
            yield Haunted(world, api, way, provider, start_worker, tmp_path / "worker.log")
        for worker in workers:
            worker.kill()
            worker.wait()


def test_every_secret_setting_has_a_canary() -> None:
    """A new one fails here until the processes below are given it and it is looked for."""
    fields = Settings.model_fields.items()
    assert {name.upper() for name, field in fields if "Secret" in str(field.annotation)} == set(OF_SETTINGS)


def test_temporals_own_secret_is_in_use(canaries: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What each process below connects with, as `temporal_client` reads it."""
    for name, value in environment_of(canaries).items():
        monkeypatch.setenv(name, value)
    config = ClientConfig.load_client_connect_config()
    assert (config.get("api_key"), config.get("tls")) == (canaries[OF_TEMPORAL], False)


async def test_no_secret_leaves_its_place(
    haunted: Haunted, role: str, canaries: dict[str, str], keys: tuple[Key, ...]
) -> None:
    """One generation through refusals that echo the key, a dead database, a table that is gone, a killed worker.

    Encrypted: what Temporal keeps is looked at as it is and decrypted, by us and by a codec server, which is asked for
    much that it refuses.
    """
    user = User(haunted.api.url, "canary@school.example", canaries["password"])
    tapped = Tapped(user)
    sightings = Sightings({**canaries, "bearer token": tapped.bearer.removeprefix("Bearer ")}, keys)
    _knock(tapped, canaries)
    worker = haunted.start_worker()
    quiz_id = user.quiz("Cells", text=sample_chapter().text)

    workflow_id = await _be_refused(haunted, user, quiz_id, sightings)

    # PostgreSQL dies under everybody; requests meanwhile are answered with a problem.
    haunted.way.turn(Way.REFUSING)
    tapped.get(f"/quiz/{quiz_id}/generation-status", params={"workflow_id": workflow_id})
    tapped.get("/readyz")
    haunted.way.turn(Way.OPEN)

    # A table is gone: activities crash with errors that name statements.
    with psycopg.connect(role, autocommit=True) as connection:
        connection.execute("ALTER TABLE model_call RENAME TO elsewhere")
        haunted.provider.status = 200
        until_now(lambda: haunted.log.read_text(errors="replace"), lambda text: "UndefinedTable" in text, 90)
        await sightings.look_at_temporal(haunted.world.temporal, workflow_id)
        connection.execute("ALTER TABLE elsewhere RENAME TO model_call")

    # A worker is killed in the middle of it, and a new one ends the work.
    worker.kill()
    worker.wait()
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        metrics = f"127.0.0.1:{free.getsockname()[1]}"
    haunted.start_worker(WORKER_METRICS_ADDRESS=metrics)
    user.until_status(quiz_id, workflow_id, Status.COMPLETED, seconds=120)

    for address in (f"/quiz/{quiz_id}/questions", f"/quiz/{quiz_id}/documents", "/metrics", "/quiz"):
        tapped.get(address).raise_for_status()
    events = tapped.events(quiz_id)
    assert any("(401" in event for event in events)
    sightings.look_at_each("API's events", events)
    sightings.look("API's OpenAPI", tapped.get("/openapi.json").raise_for_status().text)
    sightings.look("worker's metrics", httpx2.get(f"http://{metrics}/metrics", trust_env=False).text)
    sightings.look("API's log", haunted.api.log())
    sightings.look("worker's log", haunted.log.read_bytes())
    sightings.look_at_each("API's answers", tapped.answers)
    sightings.look_at_database(role)
    await sightings.look_at_temporal(haunted.world.temporal, workflow_id)
    await _look_at_the_codec_server(haunted, workflow_id, sightings, canaries, keys)
    assert sightings.found == set()
    assert {place for place, size in sightings.looked_at.items() if size} >= PLACES
    assert haunted.provider.seen == {f"Bearer {canaries['OPENAI_API_KEY']}"}, "the key was in use"


async def _be_refused(haunted: Haunted, user: User, quiz_id: str, sightings: Sightings) -> str:
    """Start a generation that the provider refuses in the ways that pause it, and in one that passes."""
    workflow_id = ""
    for status in (401, 403, 400, 404, 422, 500):
        haunted.provider.status = status
        if workflow_id:
            resume = f"/quiz/{quiz_id}/resume-generation"
            user.client.post(resume, params={"workflow_id": workflow_id}).raise_for_status()
        else:
            workflow_id = user.generate(quiz_id, 6)
        _until_told(user, quiz_id, workflow_id, f"({status}")
        await sightings.look_at_temporal(haunted.world.temporal, workflow_id)
    return workflow_id


async def _look_at_the_codec_server(
    haunted: Haunted, workflow_id: str, sightings: Sightings, canaries: dict[str, str], keys: tuple[Key, ...]
) -> None:
    """What it answers to those who may, to those who may not, and what it writes into its log about both."""
    token = canaries["CODEC_SERVER_TOKEN"]
    show = ["workflow", "show", "-o", "json", "--workflow-id", workflow_id]
    with CodecServer(*keys, token=token, LOG_LEVEL="DEBUG") as server:
        said = await temporal(haunted.world.settings.temporal_address, *show, *server.options(token))
        assert said.code == 0 and "question.draft" in said.out
        sightings.look("history through the codec server", said.text)
        sightings.look_at_each("codec server's answers", await ask_for_all(server.url, canaries))
    assert "/decode 200" in server.log and "/decode 401" in server.log
    sightings.look("codec server's log", server.log)


def _knock(client: httpx2.Client, canaries: dict[str, str]) -> None:
    """Ask with what is wrong: passwords, tokens, documents."""
    mail, wrong = "canary@school.example", canaries["wrong password"]
    client.post("/auth/token", data={"username": mail, "password": wrong})
    client.post("/auth/token", data={"username": canaries["password"], "password": wrong * 1_000})
    client.post("/auth/sign-up", json={"email": "no address", "password": wrong})
    client.post("/auth/sign-up", json={"email": mail, "password": canaries["password"]})
    client.post("/auth/sign-up", json={"email": mail, "password": {"a": wrong}})
    client.get("/quiz", headers={"Authorization": f"Bearer {wrong}"})
    client.get("/quiz", headers={"Authorization": f"Basic {wrong}"})
    quiz_id = client.post("/quiz", json={"title": "Bad content"}).raise_for_status().json()["id"]
    for data in (b"\x00" * 500, b"%PDF-1.7", b"short", b"\xff\xfe\x00\xd8" * 300):
        client.post(f"/quiz/{quiz_id}/documents", files={"file": ("a.txt", data)})


def _until_told(user: User, quiz_id: str, workflow_id: str, words: str) -> None:
    """Wait until the status tells of a trouble in these words."""
    until_now(lambda: str(user.status(quiz_id, workflow_id)), lambda told: words in told, 60)


@pytest.mark.parametrize("shift", range(3))
def test_the_look_bites(shift: int) -> None:
    """A secret is seen as it is, quoted, and in Base64 wherever it begins."""
    secret = "canary/0123456789+abcdef"
    for hidden in (secret, quote(secret, safe=""), b64encode(b"y" * shift + secret.encode() + b"zz").decode()):
        sightings = Sightings({"it": secret})
        sightings.look("a place", f"before {hidden} after")
        assert sightings.found == {("it", "a place")}, hidden
    sightings = Sightings({"it": secret})
    sightings.look("a place", secret[:-1])
    assert sightings.found == set()


async def test_the_look_goes_inside_of_what_is_encrypted() -> None:
    """However deep a payload stands, in a list and in a map too; without the key nobody could see it."""
    (sealed,) = await EncryptionCodec([OLD]).encode([Payload(data=b"before canary0123456789 after")])
    failure, listed, mapped = HistoryEvent(), HistoryEvent(), HistoryEvent()
    failure.activity_task_failed_event_attributes.failure.cause.encoded_attributes.CopyFrom(sealed)
    listed.activity_task_scheduled_event_attributes.input.payloads.extend([Payload(), sealed])
    mapped.activity_task_scheduled_event_attributes.header.fields["a"].CopyFrom(sealed)
    for event in (failure, listed, mapped):
        sightings = Sightings({"it": "canary0123456789"}, [OLD])
        sightings.look("history", event.SerializeToString())
        assert sightings.found == set()
        await sightings.look_inside(event)
        assert sightings.found == {("it", "decrypted payloads")}, event
